import { afterEach, expect, test } from '@jest/globals';
import { createNoopMeter } from '@opentelemetry/api';
import { createMemoryStore, jobOf, testPorts } from '@therapytrain/alerts-testkit';
import { countBreaches, watchIncidents } from '../src/index.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';

let collecting: CollectingMeter | undefined;
afterEach(() => collecting?.close());

const values = async (name: string): Promise<Record<string, number>> =>
  Object.fromEntries(
    ((await collecting?.collect())?.get(name) ?? []).map(({ attributes, value }) => [attributes['severity'], value]),
  );

test('what is overdue is a gauge by severity, and stays as it was while the store is away', async () => {
  collecting = createCollectingMeter();
  let away = false;
  const overdue = async () => {
    if (away) throw new Error('away');
    return [{ severity: 4 }, { severity: 2 }, { severity: 4 }] as const;
  };
  watchIncidents(collecting.meter, { overdue });
  expect(await values('alerts.incidents.overdue')).toEqual({ LOW: 0, MEDIUM: 1, HIGH: 0, CRITICAL: 2 });
  away = true;
  expect(await values('alerts.incidents.overdue')).toEqual({ LOW: 0, MEDIUM: 1, HIGH: 0, CRITICAL: 2 });
});

test('a breach is counted when it is settled, and not when the claim was lost', async () => {
  collecting = createCollectingMeter();
  const ports = testPorts();
  const store = countBreaches(createMemoryStore(ports), collecting.meter);
  await store.commit({ jobs: [jobOf(ports, { kind: 'review', target: 'acknowledge', pairs: 0 })] });
  const now = ports.clock.now();
  const [claim] = await store.claim({
    now,
    until: now + 1,
    limit: 1,
    perTarget: { default: 1, of: {} },
    except: [],
    unaided: [],
  });
  if (!claim) throw new Error('nothing was due');
  const breach = { at: now, actor: 'gateway', action: 'incident.overdue', subject: 'i', facts: { severity: 'HIGH' } };
  const settled = { claim, next: { state: 'done', proof: '' }, changes: { audit: [breach] } } as const;
  expect(await store.settle([settled])).toEqual([true]);
  expect(await store.settle([settled])).toEqual([false]);
  expect(await values('alerts.incidents.breached')).toEqual({ LOW: 0, MEDIUM: 0, HIGH: 1, CRITICAL: 0 });
});

test('without metrics the store stays as it is', () => {
  const store = createMemoryStore(testPorts());
  expect(countBreaches(store, createNoopMeter())).toBe(store);
});
