import type { DecisionFeed } from '@therapytrain/alerts-core/responder';
import type { PeerBehaviour } from '../channel-checks/subject.ts';
import type { ResponderWorld } from '../responder-checks/subject.ts';
import { createFencedEffects } from './fenced-effects.ts';

/** A feed of decisions that can be made to misbehave, and what was put there. */
export interface DecisionWorld extends ResponderWorld {
  readonly decisions: DecisionFeed;
}

// `fail` rejects and does nothing; `hang-at-once` does nothing and never answers; `hang-after` does it and never answers.
const behaviours: ReadonlySet<PeerBehaviour> = new Set<PeerBehaviour>(['accept', 'fail', 'hang-at-once', 'hang-after']);

const never = (): Promise<never> => new Promise(() => {});

/** A feed of decisions by the rules of the port, with an account of its own. */
export const createDecisionWorld = (): DecisionWorld => {
  const effects = createFencedEffects();
  let behaviour: PeerBehaviour = 'accept';
  let asked = 0;
  let stopped = false;
  const take = async (what: Parameters<typeof effects.take>[0]): Promise<boolean> => {
    asked++;
    if (stopped || behaviour === 'fail') throw new Error('the feed failed, and says so with all that it knows');
    if (behaviour === 'hang-at-once') return never();
    const took = effects.take(what);
    return behaviour === 'hang-after' ? never() : took;
  };
  return {
    decisions: {
      put: ({ id, target, until }, fence) => take({ id, fence, effect: { target, until } }),
      end: (id, fence) => take({ id, fence, effect: undefined }),
    },
    has: behaviours,
    behave: (next) => void (behaviour = next),
    effects: effects.effects,
    changes: effects.changes,
    asked: () => asked,
    connections: () => 0,
    stop: async () => void (stopped = true),
  };
};
