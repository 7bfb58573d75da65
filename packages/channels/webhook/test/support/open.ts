import { type Clearance, parseOptions } from '@therapytrain/alerts-core/channel';
import { webhook, type WebhookOptions } from '@therapytrain/alerts-channel-webhook';
import {
  type ChannelSubject,
  type HttpPeer,
  type HttpPeerOptions,
  skewedPorts,
  startHttpPeer,
  type SubjectWish,
} from '@therapytrain/alerts-testkit';

/** A secret of 32 bytes. */
export const key = `whsec_${Buffer.from('a key of the tests: 32 bytes, no').toString('base64')}`;

/** Another one. */
export const otherKey = `whsec_${Buffer.from('another key: 32 bytes, no worth.').toString('base64')}`;

/** A header of the user's own, and a token in the path: neither may ever be seen. */
export const token = 'canary-bearer-token-5521';
const path = '/hook/canary-path-token-3380';

/** Options for a peer on loopback. */
export const optionsFor = ({ url, port }: HttpPeer, more: Partial<WebhookOptions> = {}): WebhookOptions => ({
  url,
  secret: key,
  headers: { authorization: `Bearer ${token}` },
  timeout: '400ms',
  allow: { cidrs: ['127.0.0.1/32'], ports: [port], plaintext: true },
  ...more,
});

const names = { 1: 'PUBLIC', 2: 'INTERNAL', 3: 'PERSONAL', 4: 'HEALTH' } as const satisfies Record<Clearance, string>;

/** Opens a webhook on a peer of its own, as the contract asks. */
export const openSubject =
  (more: Partial<WebhookOptions> = {}, peerOptions: HttpPeerOptions = {}) =>
  async ({
    clearance,
    skew = 0,
    timeout = 400,
  }: SubjectWish): Promise<ChannelSubject & { readonly peer: HttpPeer }> => {
    const peer = await startHttpPeer({ path, ...peerOptions });
    const shown = clearance === undefined ? {} : ({ clearance: names[clearance], detail: 'full' } as const);
    const options = parseOptions(webhook.options, optionsFor(peer, { timeout: `${timeout}ms`, ...shown, ...more }));
    return {
      peer,
      channel: webhook.create(options, skewedPorts(skew)),
      secrets: [key, key.slice('whsec_'.length), token, path, peer.url],
      timeout,
    };
  };
