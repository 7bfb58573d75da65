import { describe, expect, test } from '@jest/globals';
import { type AlertDraft, AlertError, type Receipt } from '@therapytrain/alerts-core';
import { draftOf, testPorts } from '@therapytrain/alerts-testkit';
import { createPatientReport } from '../src/import/patience.ts';

const away = () => new AlertError('GATEWAY_UNAVAILABLE', 'away');
const receipt: Receipt = { alertId: 'id', sequence: 1, duplicate: false };
const serving = { status: 'SERVING', service: 'SERVING', version: undefined, roundTrip: 1 } as const;

/** A gateway that is there or not, as the test says. */
const createGateway = (wait = 60_000) => {
  const { clock } = testPorts();
  const stop = new AbortController();
  const state = { error: undefined as AlertError | undefined, healthError: undefined as AlertError | undefined };
  const seen = { reports: 0, questions: 0, notes: [] as string[] };
  const report = createPatientReport({
    client: {
      report: async (_: AlertDraft) => {
        seen.reports++;
        if (state.error) throw state.error;
        return receipt;
      },
      health: async () => {
        seen.questions++;
        if (state.healthError) throw state.healthError;
        return serving;
      },
    },
    clock,
    wait,
    signal: stop.signal,
    onWaiting: ({ code }) => seen.notes.push(`waiting ${code}`),
    onBack: () => seen.notes.push('back'),
  });
  return { clock, stop, state, seen, report };
};

describe('a report', () => {
  test('waits for a gateway that is away, and is told of once', async () => {
    const { clock, state, seen, report } = createGateway();
    state.error = state.healthError = away();
    const answers = Promise.all([report(draftOf(0)), report(draftOf(1)), report(draftOf(2))]);
    await clock.advance(10_000);
    expect(seen.notes).toEqual(['waiting GATEWAY_UNAVAILABLE']);
    // All share who asks: one question every half second.
    expect(seen.questions).toBe(20);
    expect(seen.reports).toBe(3);
    state.error = state.healthError = undefined;
    await clock.advance(500);
    expect(await answers).toEqual([receipt, receipt, receipt]);
    expect(seen.notes).toEqual(['waiting GATEWAY_UNAVAILABLE', 'back']);
  });

  test('gives up after the wait, with the last reason', async () => {
    const { clock, state, report } = createGateway(5_000);
    state.error = state.healthError = away();
    const answer = report(draftOf(0)).catch((error: unknown) => error);
    await clock.advance(4_000);
    state.healthError = new AlertError('DRAINING', 'draining');
    await clock.advance(2_000);
    expect(await answer).toMatchObject({ code: 'DRAINING' });
  });

  test('gives up too if the gateway answers questions and keeps nothing', async () => {
    const { clock, state, report } = createGateway(5_000);
    state.error = new AlertError('DISK_FULL', 'full');
    const answer = report(draftOf(0)).catch((error: unknown) => error);
    await clock.advance(6_000);
    expect(await answer).toMatchObject({ code: 'DISK_FULL' });
  });

  test('begins to count anew after one that was kept', async () => {
    const { clock, state, report } = createGateway(5_000);
    for (let outage = 0; outage < 3; outage++) {
      state.error = away();
      const answer = report(draftOf(outage));
      await clock.advance(4_000);
      state.error = undefined;
      await clock.advance(1_000);
      expect(await answer).toEqual(receipt);
    }
  });

  test('waits as long as the gateway asks', async () => {
    const { clock, state, seen, report } = createGateway();
    state.error = new AlertError('OVERLOADED', 'busy', { retryAfter: 3_000 });
    const answer = report(draftOf(0));
    await clock.advance(2_900);
    expect(seen.reports).toBe(1);
    state.error = undefined;
    await clock.advance(200);
    expect(await answer).toEqual(receipt);
  });

  test('that is refused for good is not sent again', async () => {
    const { state, seen, report } = createGateway();
    state.error = new AlertError('REQUEST_ID_REUSED', 'used');
    await expect(report(draftOf(0))).rejects.toMatchObject({ code: 'REQUEST_ID_REUSED' });
    expect(seen).toMatchObject({ reports: 1, notes: [] });
  });

  test('stops waiting when it is told to', async () => {
    const { clock, stop, state, report } = createGateway();
    state.error = away();
    const answer = report(draftOf(0)).catch((error: unknown) => error);
    await clock.advance(100);
    stop.abort(new Error('stopped'));
    expect(await answer).toMatchObject({ message: 'stopped' });
  });
});
