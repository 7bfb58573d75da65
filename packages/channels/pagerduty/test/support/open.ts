import { type Clearance, parseOptions } from '@therapytrain/alerts-core/channel';
import { type ChannelSubject, skewedPorts, startPagerdutyPeer, type SubjectWish } from '@therapytrain/alerts-testkit';
import { pagerduty } from '@therapytrain/alerts-channel-pagerduty';

const routingKey = 'R0123456789ABCDEFGHIJKLMNOPQRSTU';
const names = { 1: 'PUBLIC', 2: 'INTERNAL', 3: 'PERSONAL', 4: 'HEALTH' } as const satisfies Record<Clearance, string>;

/** Opens the channel on a PagerDuty of its own. */
export const openSubject = async ({ clearance, skew, timeout = 500 }: SubjectWish) => {
  const peer = await startPagerdutyPeer(routingKey);
  const options = {
    routingKey,
    url: peer.url,
    timeout: `${timeout}ms`,
    allow: { cidrs: ['127.0.0.0/8'], ports: [peer.port], plaintext: true },
    ...(clearance && { clearance: names[clearance] }),
  };
  const channel = pagerduty.create(parseOptions(pagerduty.options, options), skewedPorts(skew));
  return { channel, peer, secrets: [routingKey, peer.url], timeout } satisfies ChannelSubject;
};
