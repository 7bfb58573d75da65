import { afterEach, expect, test } from '@jest/globals';
import { createNoopMeter } from '@opentelemetry/api';
import { watchResponses } from '../src/index.ts';
import {
  type CountedResponse,
  isRevertOverdue,
  type ResponseFigures,
  revertSlack,
} from '../src/metrics/response-metrics.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';

let collecting: CollectingMeter | undefined;
afterEach(() => collecting?.close());

const now = 1_000_000;
const response = (changes: Partial<CountedResponse> = {}): CountedResponse => ({
  ...{ playbook: 'brute-force', responder: 'lock', state: 'in_force', until: now + 60_000, updatedAt: now - 100_000 },
  ...changes,
});

const figures = (changes: Partial<ResponseFigures> = {}): ResponseFigures => ({
  standing: async () => [response(), response(), response({ state: 'waiting', responder: 'block' })],
  guards: async () => ({
    killSwitch: { on: true },
    trips: [
      { scope: 'playbook/brute-force', until: now + 1 },
      { scope: 'origin/192.0.2.7', until: now + 1 },
      { scope: 'origin/192.0.2.8', until: now + 1 },
      { scope: 'all', until: now },
    ],
  }),
  decisions: async () => [{ kind: 'lock_account', decisions: 2 }],
  enforcers: async () => ({ all: [{ cursor: 7 }, { cursor: 6 }, { cursor: 7 }], newest: 7 }),
  now: () => now,
  ...changes,
});

const collect = async (name: string) =>
  ((await collecting?.collect())?.get(name) ?? []).map(({ attributes, value }) => ({ ...attributes, value }));

test('what stands, what guards it, and who enforces it are gauges with bounded labels', async () => {
  collecting = createCollectingMeter();
  watchResponses(collecting.meter, figures());
  expect(await collect('alerts.responses.standing')).toEqual([
    { playbook: 'brute-force', responder: 'lock', state: 'in_force', value: 2 },
    { playbook: 'brute-force', responder: 'block', state: 'waiting', value: 1 },
  ]);
  expect(await collect('alerts.responses.trips')).toEqual(
    Object.entries({ all: 0, playbook: 1, responder: 0, source: 0, origin: 2 }).map(([scope, value]) => ({
      scope,
      value,
    })),
  );
  expect(await collect('alerts.responses.stopped')).toEqual([{ value: 1 }]);
  expect(await collect('alerts.responses.reverts.overdue')).toEqual([{ value: 0 }]);
  const decisions = await collect('alerts.decisions.standing');
  expect(decisions).toHaveLength(7);
  expect(decisions.filter(({ value }) => value > 0)).toEqual([{ kind: 'lock_account', value: 2 }]);
  expect(await collect('alerts.decisions.enforcers')).toEqual([
    { current: 'true', value: 2 },
    { current: 'false', value: 1 },
  ]);
});

test.each<[string, Partial<CountedResponse>, boolean]>([
  ['a lease that lasts', {}, false],
  ['one that is over, a moment ago', { until: now - revertSlack + 1 }, false],
  ['one that is over for long', { until: now - revertSlack }, true],
  ['one that a person takes back, a moment ago', { state: 'reverting', updatedAt: now - revertSlack + 1 }, false],
  ['one that a person takes back for long', { state: 'reverting', updatedAt: now - revertSlack }, true],
  ['a question that is over', { state: 'waiting', until: now - revertSlack }, false],
  ['what is not reverted', { until: undefined }, false],
])('%s', (_, changes, overdue) => {
  expect(isRevertOverdue(response(changes), now)).toBe(overdue);
});

test('a store that is away gives no figures, and no error', async () => {
  collecting = createCollectingMeter();
  const away = () => Promise.reject(new Error('away'));
  watchResponses(collecting.meter, figures({ standing: away, guards: away, decisions: away, enforcers: away }));
  const all = await collecting.collect();
  for (const series of all.values()) expect(series).toEqual([]);
  watchResponses(createNoopMeter(), figures());
});
