import { describe, expect, test } from '@jest/globals';
import { type AlertDraft, AlertError, type Receipt } from '@therapytrain/alerts-core';
import { testPorts, waitFor } from '@therapytrain/alerts-testkit';
import { createFormat } from '../src/import/formats.ts';
import { type Line } from '../src/import/lines.ts';
import { createRequestIds } from '../src/import/request-id.ts';
import { createCounts, type ImportParts, runImport } from '../src/import/run.ts';
import { summaryJson, summaryLines } from '../src/import/summary.ts';
import { createPaint } from '../src/output/paint.ts';

async function* linesOf(texts: readonly string[]): AsyncGenerator<Line> {
  let end = 0;
  for (const [index, text] of texts.entries())
    yield { number: index + 1, text, isUtf8: true, end: (end += text.length + 1) };
}

const alertLine = (n: number): string =>
  JSON.stringify({ type: 'AUTH_FAILURE', severity: 'HIGH', message: `case ${n}` });
const alertLines = (count: number): string[] => Array.from({ length: count }, (_, n) => alertLine(n));

/** Keeps each request id once, as the gateway does. */
const createKeeper = () => {
  const kept = new Map<string, number>();
  const report = async ({ requestId = '' }: AlertDraft): Promise<Receipt> => {
    const before = kept.get(requestId);
    if (before === undefined) kept.set(requestId, kept.size + 1);
    return { alertId: requestId, sequence: before ?? kept.size, duplicate: before !== undefined };
  };
  return { kept, report };
};

const importing = async (texts: readonly string[], more: Partial<ImportParts> = {}) => {
  const bad: string[] = [];
  const counts = createCounts();
  const running = runImport(
    {
      open: () => linesOf(texts),
      format: createFormat('jsonl', { now: 0 }),
      requestIds: createRequestIds('jsonl'),
      report: createKeeper().report,
      clock: testPorts().clock,
      inFlight: 10,
      signal: new AbortController().signal,
      onBad: (line, reason) => bad.push(`${line} ${reason}`),
      ...more,
    },
    counts,
  );
  return { counts, bad, running };
};

describe('an import', () => {
  test('keeps every alert once, and the same file again adds nothing', async () => {
    const { kept, report } = createKeeper();
    const texts = [...alertLines(50), alertLine(0)];
    const first = await importing(texts, { report });
    await first.running;
    expect(first.counts).toMatchObject({ lines: 51, alerts: 51, kept: 51, duplicate: 0, bad: 0 });
    const second = await importing(texts, { report });
    await second.running;
    expect(second.counts).toMatchObject({ alerts: 51, kept: 0, duplicate: 51 });
    expect(kept.size).toBe(51);
  });

  test('goes on after bad and refused lines, and accounts for each', async () => {
    const { report } = createKeeper();
    const texts = [alertLine(1), 'nonsense', '', alertLine(2), alertLine(3)];
    const refusing = (draft: AlertDraft) =>
      draft.message === 'case 2' ? Promise.reject(new AlertError('FIELD_INVALID', 'no')) : report(draft);
    const { counts, bad, running } = await importing(texts, { report: refusing });
    await running;
    expect(counts).toMatchObject({
      lines: 5,
      alerts: 3,
      kept: 2,
      refused: 1,
      bad: 1,
      bytes: texts.join('\n').length + 1,
    });
    expect([...counts.skipped]).toEqual([['blank', 1]]);
    expect([...counts.byType]).toEqual([['AUTH_FAILURE HIGH', 3]]);
    expect(bad).toEqual(['2 is not JSON', '4 was refused (FIELD_INVALID): no']);
  });

  test('has no more under way than it may, and reads no further ahead', async () => {
    let underWay = 0;
    let most = 0;
    const answers: (() => void)[] = [];
    const report = async (): Promise<Receipt> => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => answers.push(resolve));
      underWay--;
      return { alertId: '', sequence: 1, duplicate: false };
    };
    const { counts, running } = await importing(alertLines(35), { report });
    let ended = false;
    void running.then(() => (ended = true));
    await waitFor(() => underWay === 10);
    expect(counts.lines).toBeLessThanOrEqual(11);
    await waitFor(() => {
      answers.shift()?.();
      return ended;
    });
    expect(most).toBe(10);
    expect(counts.kept).toBe(35);
  });

  test('reports nothing in a dry run', async () => {
    const { counts, running } = await importing(alertLines(5), { report: undefined });
    await running;
    expect(counts).toMatchObject({ alerts: 5, kept: 0 });
  });

  test('uses the request id that a line brings', async () => {
    const { kept, report } = createKeeper();
    const requestId = '0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f';
    const { running } = await importing([JSON.stringify({ type: 'X', severity: 'LOW', message: 'm', requestId })], {
      report,
    });
    await running;
    expect([...kept.keys()]).toEqual([requestId]);
  });

  test('keeps to its rate', async () => {
    const { clock } = testPorts();
    const { counts, running } = await importing(alertLines(10), { clock, rate: 2 });
    await clock.advance(2_400);
    expect(counts.kept).toBe(5);
    await clock.advance(3_000);
    await running;
    expect(counts.kept).toBe(10);
  });

  test('ends with the failure that is not a single line’s, and stops reading', async () => {
    const away = new AlertError('GATEWAY_UNAVAILABLE', 'away');
    const { counts, running } = await importing(alertLines(1000), { report: () => Promise.reject(away) });
    await expect(running).rejects.toBe(away);
    expect(counts.lines).toBeLessThan(1000);
    expect(counts.refused).toBe(0);
  });

  test('stops when it is told to, and waits for what was sent', async () => {
    const stop = new AbortController();
    const { report } = createKeeper();
    let sent = 0;
    const stopping = async (draft: AlertDraft): Promise<Receipt> => {
      if (++sent === 20) stop.abort();
      return report(draft);
    };
    const { counts, running } = await importing(alertLines(1000), { report: stopping, signal: stop.signal });
    await running;
    expect(counts.kept).toBe(sent);
    expect(sent).toBeLessThan(40);
  });

  test('refuses what is too long or not UTF-8, but reads a log in any bytes', async () => {
    const open = async function* (): AsyncGenerator<Line> {
      yield { number: 1, text: undefined, isUtf8: true, end: 1 };
      yield { number: 2, text: 'Nov 10 06:55:46 h sshd[1]: Invalid user \ufffd from 192.0.2.7', isUtf8: false, end: 2 };
    };
    const jsonl = await importing([], { open });
    await jsonl.running;
    expect(jsonl.bad).toEqual(['1 is longer than 1048576 bytes', '2 is not UTF-8']);
    const sshd = await importing([], { open, format: createFormat('sshd', { now: Date.UTC(2026, 10, 24) }) });
    await sshd.running;
    expect(sshd.counts).toMatchObject({ alerts: 1, kept: 1, bad: 1 });
  });
});

test('the summary adds up', async () => {
  const { counts, running } = await importing([...alertLines(3), '', 'x']);
  await running;
  const result = {
    counts,
    elapsed: 500,
    dryRun: false,
    complete: true,
    badLines: [{ line: 5, reason: 'is not JSON' }],
  };
  expect(summaryLines(result, createPaint(false))).toEqual([
    'Lines:     5',
    'Alerts:    3  (3 AUTH_FAILURE HIGH)',
    'Kept:      3',
    'Duplicate: 0',
    'Skipped:   1  (1 blank)',
    'Bad:       1',
    'Time:      0.5 s, 6 alerts/s',
  ]);
  expect(summaryJson(result)).toMatchObject({
    complete: true,
    lines: 5,
    alerts: 3,
    kept: 3,
    notAnswered: 0,
    skipped: 1,
    bad: 1,
    badLines: [{ line: 5, reason: 'is not JSON' }],
  });
});
