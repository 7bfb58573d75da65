import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import { draftOf, waitFor } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { createAlertClient } from '../src/index.ts';
import { type SmallGateway, startSmallGateway } from './support/small-gateway.ts';
import { createSmallLog } from './support/small-log.ts';
import type { StreamScript } from './support/small-stream.ts';

const endOf = (): fc.Arbitrary<NonNullable<StreamScript['end']>> =>
  fc.oneof(
    fc.constantFrom('draining' as const, 'finish' as const),
    fc
      .constantFrom('GATEWAY_UNAVAILABLE', 'STORE_UNAVAILABLE', 'SUBSCRIBER_TOO_SLOW', 'DRAINING')
      .map((code) => new AlertError(code as 'DRAINING', 'later', { retryAfter: 1 })),
  );

const scriptOf = (): fc.Arbitrary<StreamScript> =>
  fc.record({ after: fc.integer({ min: 0, max: 12 }), end: endOf(), stutter: fc.boolean() });

/** How many alerts are kept at once, and whether the gateway is killed and started again after that. */
const stepOf = () => fc.record({ alerts: fc.integer({ min: 0, max: 20 }), kill: fc.boolean() });

let gateway: SmallGateway;

beforeAll(async () => {
  gateway = await startSmallGateway();
});

afterAll(() => gateway.stop());

/** Runs writer, breaks and consumer against each other; gives the sequences that the consumer saw. */
const seen = async (
  scripts: readonly StreamScript[],
  steps: readonly { alerts: number; kill: boolean }[],
): Promise<{ sequences: number[]; kept: number }> => {
  const { port } = gateway;
  gateway.stop();
  const log = createSmallLog();
  const faults = { script: (opened: number) => scripts[opened - 1] ?? {} };
  gateway = await startSmallGateway({ port, log, faults });
  const retry = { initialDelay: 1, maxDelay: 2 };
  const client = createAlertClient({ address: gateway.address, retry });
  const total = steps.reduce((sum, { alerts }) => sum + alerts, 0);
  const sequences: number[] = [];
  const consumed = (async () => {
    for await (const { alert } of client.alerts({ fromStart: true })) sequences.push(alert.sequence);
  })();
  for (const { alerts, kill } of steps) {
    for (let n = 0; n < alerts; n++) log.keep(draftOf(log.kept.length), 'auth-service');
    await new Promise(setImmediate);
    if (!kill) continue;
    gateway.stop();
    gateway = await startSmallGateway({ port, log, faults });
  }
  await waitFor(() => sequences.length >= total, { what: `${total} alerts` });
  // One that came twice would come behind the last.
  await new Promise(setImmediate);
  await client.close();
  await consumed;
  return { sequences, kept: total };
};

test('a consumer sees every alert once and in order, however the stream breaks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(scriptOf(), { maxLength: 8 }), fc.array(stepOf(), { maxLength: 6 }), async (s, t) => {
      const { sequences, kept } = await seen(s, t);
      expect(sequences).toEqual(Array.from({ length: kept }, (_, at) => at + 1));
    }),
    { numRuns: 60 },
  );
}, 60_000);
