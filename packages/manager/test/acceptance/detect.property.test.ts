import { describe, expect, test } from '@jest/globals';
import {
  type Alert,
  AlertError,
  type AlertDraft,
  decodeAlert,
  type Millis,
  type Store,
} from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';
import {
  createFlow,
  createMemoryLog,
  createPolicy,
  detectionSource,
  policySchema,
  startEngine,
} from '@therapytrain/alerts-manager';
import { createMemoryStore, epoch, testPorts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';

const second: Millis = 1_000;
const within = 10 * second;
const coolDown = 15 * second;
/** As late as an alert may be. */
const late = 30;

const spans = { within: '10s', cool_down: '15s', late_within: `${late}s` } as const;
const raise = { severity: 'HIGH' } as const;

const policy = createPolicy(
  policySchema.parse({
    detections: [
      { name: 'count', when: 'type == "A"', group_by: ['who'], count: 3, ...spans, raise: { ...raise, type: 'COUNT' } },
      {
        name: 'distinct',
        group_by: ['who'],
        distinct_count: { of: 'what', at_least: 3 },
        ...spans,
        raise: { ...raise, type: 'DISTINCT' },
      },
      {
        name: 'sequence',
        group_by: ['who'],
        sequence: [{ when: 'type == "A"', count: 2 }, { when: 'type == "B"' }, { when: 'type in ["A", "C"]' }],
        ...spans,
        raise: { ...raise, type: 'SEQUENCE' },
      },
    ],
  }),
);

/** One alert of a run. */
interface Happened {
  readonly at: number;
  /** When it is reported, by our clock. */
  readonly arrives: number;
  readonly who: string;
  readonly what: string;
  readonly type: string;
}

/** What a detection has said, told by the place in the log of the alert that completed it. */
interface Said {
  readonly detection: string;
  readonly who: string;
  readonly by: number;
}

type Holds = (window: readonly Happened[]) => boolean;

// In the order of their own time, then of the log.
const inOrder = (alerts: readonly Happened[]): readonly Happened[] =>
  alerts
    .map((each, place) => ({ each, place }))
    .sort((a, b) => a.each.at - b.each.at || a.place - b.place)
    .map(({ each }) => each);

const steps: readonly (readonly string[])[] = [['A'], ['A'], ['B'], ['A', 'C']];

const inSteps: Holds = (window) => {
  let turn = 0;
  for (const { type } of inOrder(window)) if (steps[turn]?.includes(type)) turn++;
  return turn === steps.length;
};

const holds: Readonly<Record<string, Holds>> = {
  count: (window) => window.filter(({ type }) => type === 'A').length >= 3,
  distinct: (window) => new Set(window.map(({ what }) => what)).size >= 3,
  sequence: inSteps,
};

/** The rule as it is told to people: every alert is kept, and every window is looked at. */
const naive = (alerts: readonly Happened[]): readonly Said[] => {
  const said: (Said & { readonly at: number })[] = [];
  for (const [by, alert] of alerts.entries()) {
    const before = alerts.slice(0, by + 1).filter(({ who }) => who === alert.who);
    for (const [detection, isHeld] of Object.entries(holds)) {
      if (detection === 'count' && alert.type !== 'A') continue;
      const own = said.filter((each) => each.detection === detection && each.who === alert.who);
      const counts = ({ at }: Happened): boolean => own.every((each) => Math.abs(each.at - at) * second > coolDown);
      if (!counts(alert)) continue;
      const starts = before.filter(({ at }) => at <= alert.at && (alert.at - at) * second <= within);
      const windowOf = ({ at: from }: Happened): readonly Happened[] =>
        before.filter((each) => counts(each) && each.at >= from && (each.at - from) * second <= within);
      if (starts.some((start) => isHeld(windowOf(start)))) said.push({ detection, who: alert.who, by, at: alert.at });
    }
  }
  return said.map(({ detection, who, by }) => ({ detection, who, by }));
};

const happened = fc.record({
  step: fc.integer({ min: 0, max: 6 }),
  delay: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: late }) },
  ),
  who: fc.constantFrom('x', 'x', 'y'),
  what: fc.constantFrom('p', 'q', 'r', 's'),
  type: fc.constantFrom('A', 'A', 'B', 'C'),
});

/** Alerts in the order in which they arrive: none is later than the bound allows. */
const arrivals: fc.Arbitrary<readonly Happened[]> = fc.array(happened, { minLength: 3, maxLength: 40 }).map((list) => {
  let at = 0;
  return list
    .map(({ step, delay, ...rest }, place) => ({ ...rest, at: (at += step), arrives: at + delay, place }))
    .sort((a, b) => a.arrives - b.arrives || a.place - b.place)
    .map(({ at: time, arrives, who, what, type }) => ({ at: time, arrives, who, what, type }));
});

const draftOf = ({ at, who, what, type }: Happened): AlertDraft => ({
  type,
  severity: 2,
  message: 'x',
  metadata: { who, what },
  occurredAt: epoch + at * second,
});

/** A store whose process dies at its n-th commit: just before it, or just after it became durable. */
const dyingAt = (store: Store, commit: number, when: 'before' | 'after') => {
  let left = commit;
  let dead = false;
  const away = (): never => {
    throw new AlertError('STORE_UNAVAILABLE', 'the process is dead');
  };
  return {
    dead: () => dead,
    store: {
      ...store,
      cursor: async () => (dead ? away() : store.cursor()),
      windows: async (keys) => (dead ? away() : store.windows(keys)),
      commit: async (changes) => {
        if (dead) away();
        dead = --left === 0;
        if (dead && when === 'before') away();
        await store.commit(changes);
        if (dead) away();
      },
    } satisfies Store,
  };
};

/** How a run goes: how many arrive together, and where the process dies. */
interface Course {
  readonly batches: readonly number[];
  readonly deaths: readonly (readonly [number, 'before' | 'after'])[];
}

const run = async (alerts: readonly Happened[], { batches, deaths }: Course): Promise<readonly Alert[]> => {
  const ports = testPorts();
  const log = createMemoryLog();
  const store = createMemoryStore(ports);
  const flow = createFlow({ log, types: () => policy.types, ports });
  const dying = [...deaths];
  const begin = () => {
    const next = dying.shift();
    const life = next ? dyingAt(store, ...next) : { store, dead: () => false };
    const engine = startEngine({
      ...{ log, store: life.store, policy: () => policy, ports, channel: () => undefined, onError: () => undefined },
      pseudonymKey: new Secret('the key of a script, of no worth at all'),
    });
    return { engine, dead: life.dead };
  };
  let life = begin();
  const planned = async (): Promise<void> => {
    for (;;) {
      await ports.clock.advance(0);
      if (life.dead()) {
        void life.engine.stop();
        life = begin();
      } else if (life.engine.planner.lag() === 0) return;
    }
  };
  let from = 0;
  for (let turn = 0; from < alerts.length; turn++) {
    const size = batches[turn % batches.length] ?? 1;
    const batch = alerts.slice(from, from + size);
    ports.clock.set(epoch + (batch.at(-1)?.arrives ?? 0) * second);
    await flow.reportAll(batch.map(draftOf), 'reporter');
    from += size;
    // Some arrive while the ones before are planned.
    if (size !== 2) await planned();
  }
  await planned();
  await Promise.all([life.engine.stop(), ports.clock.advance(0)]);
  return (await log.read(0, 10_000)).alerts.map(({ encoded }) => decodeAlert(encoded));
};

/** What was raised, in terms of the alerts that were reported; in the order of the naive rule. */
const saidIn = (kept: readonly Alert[]): readonly (Said & { readonly stands: readonly Alert[] })[] => {
  const reported = kept.filter(({ source }) => source !== detectionSource);
  return kept
    .filter(({ source }) => source === detectionSource)
    .map(({ metadata: { detection, who, alerts }, occurredAt }) => {
      const stands = (alerts as string[]).map((id) => reported.find((each) => each.id === id) as Alert);
      const newest = stands.reduce((one, other) => (one.sequence > other.sequence ? one : other));
      expect(newest.occurredAt).toBe(occurredAt);
      return { detection: String(detection), who: String(who), by: reported.indexOf(newest), stands };
    })
    .sort((a, b) => a.by - b.by);
};

const course = fc.record({
  batches: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 10 }),
  deaths: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('before' as const, 'after' as const)), {
    maxLength: 5,
  }),
});

describe('alerts in any order within the bound, in any batches, wherever the process dies', () => {
  test('raise what the naive rule says, each once, and stand on alerts that meet the condition', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(arrivals, course, async (alerts, how) => {
        const said = saidIn(await run(alerts, how));
        const expected = naive(alerts);
        seen += expected.length;
        expect(said.map(({ detection, who, by }) => ({ detection, who, by }))).toEqual(expected);
        for (const { detection, who, stands } of said) {
          const window = stands.map(({ occurredAt, metadata, type }) => ({
            at: (occurredAt - epoch) / second,
            arrives: 0,
            who: String(metadata['who']),
            what: String(metadata['what']),
            type,
          }));
          expect(window.every((each) => each.who === who)).toBe(true);
          const times = window.map(({ at }) => at);
          expect((Math.max(...times) - Math.min(...times)) * second).toBeLessThanOrEqual(within);
          expect(holds[detection]?.(window.toReversed())).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    // Else it would say nothing.
    expect(seen).toBeGreaterThan(100);
  }, 120_000);

  test('no burst goes unseen: near each one that meets a condition something is raised', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, course, async (alerts, how) => {
        const said = saidIn(await run(alerts, how));
        for (const [detection, isHeld] of Object.entries(holds)) {
          for (const { at: from, who } of alerts) {
            const window = alerts.filter(
              (each) => each.who === who && each.at >= from && each.at - from <= within / second,
            );
            if (!isHeld(window)) continue;
            const near = said
              .filter((each) => each.detection === detection && each.who === who)
              .map(({ by }) => Math.abs((alerts[by]?.at ?? Infinity) - from) * second);
            expect(Math.min(...near)).toBeLessThanOrEqual(within + coolDown);
          }
        }
      }),
      { numRuns: 100 },
    );
  }, 120_000);
});
