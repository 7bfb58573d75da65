import { email } from '@therapytrain/alerts-channel-email';
import { pagerduty } from '@therapytrain/alerts-channel-pagerduty';
import { slack } from '@therapytrain/alerts-channel-slack';
import { webhook } from '@therapytrain/alerts-channel-webhook';
import { type ChannelKind } from '@therapytrain/alerts-core/channel';
import { type ResponderKind } from '@therapytrain/alerts-core/responder';
import { responderKinds as acting } from '@therapytrain/alerts-responders';

// Those that the gateway has. A tool may not import an app, so the list stands twice: the generator of channels writes
// both, and tools/workspace/test/kinds.test.ts says that they agree.
const all: readonly ChannelKind[] = [email, slack, webhook, pagerduty];

/** The channels whose options can be checked without a gateway. */
export const channelKinds: ReadonlyMap<string, ChannelKind> = new Map(all.map((each) => [each.kind, each]));

/** The responders whose options and arguments can be checked without a gateway. */
export const responderKinds: ReadonlyMap<string, ResponderKind> = new Map(acting.map((each) => [each.kind, each]));

/** All that a policy is read with beside its secrets. */
export const policyKinds = { kinds: channelKinds, responders: responderKinds } as const;
