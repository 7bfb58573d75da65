import type { Channel } from '@therapytrain/alerts-core/channel';
import { type OpenChannelSubject, skewedPorts } from '@therapytrain/alerts-testkit';
import { startHttpPeer } from '../../src/peers/http-peer.ts';
import { startPartialPeer } from './partial-peer.ts';
import { createPostbox, type PostboxParts, soundParts, token } from './postbox.ts';

/** What is wrong with a postbox: one of its parts, or what is around it. */
export interface Flaw {
  readonly parts?: (sound: PostboxParts) => Partial<PostboxParts>;
  readonly wrap?: (channel: Channel, url: string) => Channel;
}

const open =
  (
    start: typeof startHttpPeer | typeof startPartialPeer,
    { parts = () => ({}), wrap = (channel) => channel }: Flaw,
  ): OpenChannelSubject =>
  async ({ clearance, skew, timeout }) => {
    const peer = await start();
    const sound = {
      ...soundParts(skewedPorts(skew).clock),
      ...(clearance && { clearance }),
      ...(timeout && { timeout }),
    };
    const channel = wrap(createPostbox(peer.url, { ...sound, ...parts(sound) }), peer.url);
    return { channel, peer, secrets: [token, peer.url], timeout: sound.timeout };
  };

/** A postbox on an HTTP peer of its own. */
export const openPostbox = (flaw: Flaw = {}): OpenChannelSubject => open(startHttpPeer, flaw);

/** A postbox of several recipients. */
export const openSharedPostbox = (flaw: Flaw = {}): OpenChannelSubject => open(startPartialPeer, flaw);
