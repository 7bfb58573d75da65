import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createNoopMeter } from '@opentelemetry/api';
import { type AuditFigures, watchAudit } from '../src/index.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';

let metered: CollectingMeter;
beforeEach(() => void (metered = createCollectingMeter()));
afterEach(() => metered.close());

const names = ['entries', 'uncovered', 'healthy', 'checkpoint.age', 'uncosigned', 'cosignature.age'];
const valuesOf = async (): Promise<readonly (number | undefined)[]> => {
  const all = await metered.collect();
  return names.map((name) => all.get(`alerts.audit.${name}`)?.[0]?.value as number | undefined);
};

test('how the audit log is, and how far its witness', async () => {
  let figures: AuditFigures = {
    ...{ entries: 700, uncovered: 3, healthy: true, checkpointAge: 1_500 },
    witness: { uncosigned: 40, age: 90_000 },
  };
  watchAudit(metered.meter, async () => figures);
  expect(await valuesOf()).toEqual([700, 3, 1, 1.5, 40, 90]);
  figures = { ...figures, entries: 701, healthy: false };
  expect(await valuesOf()).toEqual([701, 3, 0, 1.5, 40, 90]);
});

test('what is not known, or not there, is not told', async () => {
  const nothing = { entries: undefined, uncovered: undefined, checkpointAge: undefined, witness: undefined };
  watchAudit(metered.meter, async () => ({ ...nothing, healthy: false }));
  expect(await valuesOf()).toEqual([undefined, undefined, 0, undefined, undefined, undefined]);
});

test('nothing is asked where nobody collects', () => {
  watchAudit(createNoopMeter(), () => {
    throw new Error('nobody asks');
  });
});
