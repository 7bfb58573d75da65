import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createNoopMeter } from '@opentelemetry/api';
import { createPolicyMetrics, type PolicyFigures } from '../src/index.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';

let metered: CollectingMeter;
beforeEach(() => void (metered = createCollectingMeter()));
afterEach(() => metered.close());

test('what is in force, since when, and whether the last attempt was refused', async () => {
  let figures: PolicyFigures = { version: '0123456789ab', loadedAt: 1_500, successful: true };
  createPolicyMetrics(metered.meter).watch(() => figures);
  const now = async () => {
    const all = await metered.collect();
    return ['info', 'loaded', 'reload.successful'].map((name) => all.get(`alerts.policy.${name}`));
  };
  expect(await now()).toEqual([
    [{ attributes: { version: '0123456789ab' }, value: 1 }],
    [{ attributes: {}, value: 1.5 }],
    [{ attributes: {}, value: 1 }],
  ]);
  figures = { version: 'ffffffffffff', loadedAt: 3_000, successful: false };
  expect(await now()).toEqual([
    [
      { attributes: { version: '0123456789ab' }, value: 0 },
      { attributes: { version: 'ffffffffffff' }, value: 1 },
    ],
    [{ attributes: {}, value: 3 }],
    [{ attributes: {}, value: 0 }],
  ]);
});

test('each attempt is counted by its cause and its end', async () => {
  const { reloaded } = createPolicyMetrics(metered.meter);
  reloaded('start', 'in_force');
  reloaded('file', 'refused', 'POLICY_INVALID');
  reloaded('file', 'refused', 'POLICY_INVALID');
  expect((await metered.collect()).get('alerts.policy.reloads')).toEqual([
    { attributes: { cause: 'start', outcome: 'in_force' }, value: 1 },
    { attributes: { cause: 'file', outcome: 'refused', reason: 'POLICY_INVALID' }, value: 2 },
  ]);
});

test('nothing is counted where nobody collects', () => {
  const silent = createPolicyMetrics(createNoopMeter());
  silent.reloaded('call', 'unchanged');
  silent.watch(() => {
    throw new Error('nobody asks');
  });
});
