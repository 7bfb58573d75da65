import { email } from '@therapytrain/alerts-channel-email';
import { pagerduty } from '@therapytrain/alerts-channel-pagerduty';
import { slack } from '@therapytrain/alerts-channel-slack';
import { webhook } from '@therapytrain/alerts-channel-webhook';
import { type ChannelKind } from '@therapytrain/alerts-core/channel';

/** The channels whose options can be checked without a gateway: those that the gateway has. */
export const channelKinds: ReadonlyMap<string, ChannelKind> = new Map(
  [email, slack, webhook, pagerduty].map((each: ChannelKind) => [each.kind, each]),
);
