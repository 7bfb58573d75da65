import { pagerduty } from '@therapytrain/alerts-channel-pagerduty';
import { email } from '@therapytrain/alerts-channel-email';
import { slack } from '@therapytrain/alerts-channel-slack';
import { webhook } from '@therapytrain/alerts-channel-webhook';
import type { ChannelKind } from '@therapytrain/alerts-core/channel';

/** The channels there are. What a policy may say of them follows from this list. */
export const channelKinds: readonly ChannelKind[] = [email, slack, webhook, pagerduty];
