import type { PerTarget, ResponseState } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { lease } from './subject.ts';

/** A job of a run. Few slots and channels, so that they meet again. */
export interface Planned {
  readonly slot: number;
  readonly channel: 'mail' | 'slack';
  readonly severity: 1 | 2 | 3 | 4;
  readonly delay: number;
  readonly pairs: number;
}

/** How a run changes an incident: as who read it last would, or as somebody who is late. */
export type Touch = { readonly key: number; readonly how: 'change' | 'resolve' | 'late' };

/** A window that a run saves, and how long ago it was touched. */
export interface Kept {
  readonly detection: 'brute-force' | 'other';
  readonly group: number;
  readonly touched: number;
  readonly expires: number;
}

/** How a run changes a response: as who read it last would, or as somebody who is late. */
export interface Acted {
  readonly response: number;
  readonly how: 'change' | 'late';
  readonly state: ResponseState;
  readonly unasked: boolean;
}

/** What a run lets go of. */
export interface LetGo {
  readonly expiredBefore: number;
  readonly brute: number;
}

/** What a run decides at once. */
export interface Decision {
  readonly jobs: readonly Planned[];
  readonly cancel: readonly number[];
  readonly touch: readonly Touch[];
  readonly request: number | undefined;
  readonly windows: readonly Kept[];
  readonly letGo: LetGo | undefined;
  readonly acted: readonly Acted[];
  readonly trip: number | undefined;
}

/** One step of a run. Places are parts of what there is at that moment, so that they fit whatever came before. */
export type Step =
  | { readonly kind: 'commit'; readonly decision: Decision }
  | {
      readonly kind: 'claim';
      readonly limit: number;
      readonly perTarget: PerTarget;
      readonly except: readonly string[];
      readonly unaided: readonly string[];
    }
  | { readonly kind: 'renew' | 'replay'; readonly place: number }
  | { readonly kind: 'settle'; readonly places: readonly number[]; readonly how: number; readonly decision: Decision }
  | { readonly kind: 'tick'; readonly span: number }
  | { readonly kind: 'prune'; readonly age: number; readonly limit: number }
  | { readonly kind: 'restart'; readonly how: 'reopen' | 'crash' };

const planned: fc.Arbitrary<Planned> = fc.record({
  slot: fc.nat(3),
  channel: fc.constantFrom('mail', 'slack'),
  severity: fc.constantFrom(1, 2, 3, 4),
  delay: fc.nat(40_000),
  pairs: fc.nat(3),
});
const touch: fc.Arbitrary<Touch> = fc.record({
  key: fc.nat(2),
  how: fc.constantFrom('change', 'change', 'resolve', 'late'),
});
const kept: fc.Arbitrary<Kept> = fc.record({
  detection: fc.constantFrom('brute-force', 'other'),
  group: fc.nat(5),
  touched: fc.nat(20),
  expires: fc.nat(20),
});
const acted: fc.Arbitrary<Acted> = fc.record({
  response: fc.nat(2),
  how: fc.constantFrom('change', 'change', 'change', 'late'),
  state: fc.constantFrom('waiting', 'in_force', 'reverted', 'refused'),
  unasked: fc.boolean(),
});
const decision: fc.Arbitrary<Decision> = fc.record({
  acted: fc.uniqueArray(acted, { maxLength: 2, selector: ({ response }) => response }),
  trip: fc.option(fc.nat(60_000), { nil: undefined, freq: 1 }),
  windows: fc.array(kept, { maxLength: 4 }),
  letGo: fc.option(fc.record({ expiredBefore: fc.nat(12), brute: fc.nat(3) }), { nil: undefined, freq: 1 }),
  jobs: fc.array(planned, { maxLength: 4 }),
  cancel: fc.array(fc.nat(3), { maxLength: 1 }),
  touch: fc.uniqueArray(touch, { maxLength: 2, selector: ({ key }) => key }),
  request: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
});
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
/** Steps of a run, as chance has it. */
export const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), decision }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      limit: fc.nat(5),
      perTarget: fc.record({
        default: fc.integer({ min: 1, max: 3 }),
        of: fc.oneof(fc.constant({}), fc.record({ mail: fc.integer({ min: 1, max: 3 }) })),
      }),
      unaided: fc.subarray(['mail', 'slack'], { maxLength: 1 }),
      except: fc.subarray(['mail', 'slack'], { maxLength: 1 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      places: fc.array(place, { minLength: 1, maxLength: 3 }),
      how: fc.nat(6),
      decision,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('renew' as const, 'replay' as const), place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('prune' as const),
      age: fc.nat(60_000),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const), span: fc.nat(lease) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), how: fc.constantFrom('reopen', 'crash') }),
  },
);
