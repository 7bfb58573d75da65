import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertError, type Receipt } from '@therapytrain/alerts-core';
import { draftOf, requestIdOf } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { createAlertClient } from '../src/index.ts';
import { type Conduct, type SmallGateway, startSmallGateway } from './support/small-gateway.ts';
import { createSmallLog } from './support/small-log.ts';

const conductOf = (): fc.Arbitrary<Conduct> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant('answer' as const) },
    { weight: 2, arbitrary: fc.constantFrom('lose' as const, 'keep and break' as const) },
    { weight: 1, arbitrary: fc.constant(new AlertError('DRAINING', 'it stops', { retryAfter: 1 })) },
  );

/** Each report of a burst is made in a turn of its own, or together with the one before. */
const burstOf = () => fc.array(fc.boolean(), { minLength: 1, maxLength: 16 });

let gateway: SmallGateway;

beforeAll(async () => {
  gateway = await startSmallGateway();
});

afterAll(() => gateway.stop());

test('every report that resolves is kept once, under the receipt it got, however the stream breaks', async () => {
  const property = async (conducts: readonly Conduct[], burst: readonly boolean[], maxAlerts: number) => {
    const { port } = gateway;
    gateway.stop();
    const log = createSmallLog();
    const conduct = ({ number }: { number: number }): Conduct => conducts[number - 1] ?? 'answer';
    const shed = new Set<string>();
    const refuse = ({ requestId = '' }: { requestId?: string | undefined }): AlertError | undefined => {
      if (Number.parseInt(requestId.slice(-1), 16) % 5 !== 0 || shed.has(requestId)) return undefined;
      shed.add(requestId);
      return new AlertError('OVERLOADED', 'later', { retryAfter: 1 });
    };
    gateway = await startSmallGateway({ port, log, faults: { conduct, refuse } });
    const client = createAlertClient({
      address: gateway.address,
      retry: { attempts: 20, initialDelay: 1, maxDelay: 2 },
      batch: { maxAlerts, maxBatches: 3 },
    });
    const reports: Promise<Receipt>[] = [];
    for (const [n, alone] of burst.entries()) {
      if (alone) await new Promise(setImmediate);
      reports.push(client.report(draftOf(n)) as Promise<Receipt>);
    }
    const settled = await Promise.allSettled(reports);
    await client.close();
    for (const [n, outcome] of settled.entries()) {
      const kept = log.kept.filter(({ requestId }) => requestId === requestIdOf(n));
      expect(kept.length).toBeLessThanOrEqual(1);
      if (outcome.status === 'fulfilled') {
        expect(kept[0]?.alert).toMatchObject({ id: outcome.value.alertId, sequence: outcome.value.sequence });
      }
    }
    // Nothing of this asks for more tries or time than a report has, or more retries than the budget.
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(conductOf(), { maxLength: 6 }), burstOf(), fc.integer({ min: 1, max: 8 }), property),
    { numRuns: 60 },
  );
}, 60_000);
