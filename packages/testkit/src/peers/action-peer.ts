import type { PeerBehaviour } from '../channel-checks/subject.ts';
import type { ResponderWorld } from '../responder-checks/subject.ts';
import { type AskedEffect, createFencedEffects } from './fenced-effects.ts';
import { startHttpPeer } from './http-peer.ts';

/** A real HTTP endpoint on loopback that does what it is asked to, once, and can be made to misbehave. */
export interface ActionPeer extends ResponderWorld {
  /** Where to post to. Plain http on a port of its own. */
  readonly url: string;
  readonly port: number;
}

/** How the peer reads what it is sent. */
export interface ActionPeerOptions {
  /** What a body asks for; undefined where it cannot be read, which is answered with 400. */
  readonly read: (body: string) => AskedEffect | undefined;
}

// What these do to the answer, they do after the effect.
const takes: ReadonlySet<PeerBehaviour> = new Set<PeerBehaviour>([
  ...(['accept', 'hang-after', 'cut-after', 'drip', 'oversized', 'garbage'] as const),
]);

/** Starts one on 127.0.0.1. A fence below the highest that it has seen of an id is answered with 409. */
export const startActionPeer = async ({ read }: ActionPeerOptions): Promise<ActionPeer> => {
  const effects = createFencedEffects();
  let behaviour: PeerBehaviour = 'accept';
  const peer = await startHttpPeer({
    judge: (body) => {
      const asked = read(body);
      if (!asked) return { status: 400, body: 'no', counts: true };
      const took = !takes.has(behaviour) || effects.take(asked);
      return { status: took ? 200 : 409, body: took ? 'ok' : 'late', counts: true };
    },
  });
  return {
    ...{ url: peer.url, port: peer.port, has: peer.has },
    behave: (next) => {
      behaviour = next;
      peer.behave(next);
    },
    effects: effects.effects,
    changes: effects.changes,
    asked: peer.attempts,
    connections: peer.connections,
    stop: peer.stop,
  };
};
