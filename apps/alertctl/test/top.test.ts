import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { type ListedAccount } from '@therapytrain/alerts-client';
import { AlertError, AlertSeverity } from '@therapytrain/alerts-core';
import { createFakeClock, epoch, waitFor } from '@therapytrain/alerts-testkit';
import { createPaint } from '../src/output/paint.ts';
import { run } from '../src/program.ts';
import { createModel } from '../src/top/model.ts';
import { drawFrame, frameJson } from '../src/top/view.ts';
import { deskRun } from './support/desk-run.ts';
import { createSmallClient, incidentOf, type SmallContents, statusOf } from './support/small-client.ts';
import { testSurroundings } from './support/surroundings.ts';

const account = (channel: string, said: Partial<ListedAccount> = {}): ListedAccount => ({
  ...{ channel, accepted: 10, delivered: 10, suppressed: 0, digested: 0, dead: 0, pending: 0, balanced: true },
  ...said,
});
const told = (n: number, said = {}) => ({ kind: 'incident' as const, incident: incidentOf(n, said), cursor: '' });
const settled = { kind: 'settled' as const, cursor: 'c' };

const modelOf = async (contents: Partial<SmallContents>) => {
  const { client, has } = createSmallClient(contents);
  const clock = createFakeClock();
  const model = createModel(client, clock);
  const stop = new AbortController();
  void model.follow(stop.signal);
  await model.settled;
  return { model, has, clock, stop };
};

const { LOW, HIGH, CRITICAL } = AlertSeverity;
const incidents = [
  told(1, { severity: LOW }),
  // Escalated before, and not due again yet: whoever was called last still has time.
  told(2, { severity: CRITICAL, escalations: 1, acknowledgeBy: epoch + 1 }),
  told(3, { state: 'ACKNOWLEDGED', acknowledgeBy: epoch - 1 }),
  told(4, { severity: HIGH, acknowledgeBy: epoch }),
  told(5),
  told(5, { state: 'RESOLVED', etag: '2' }),
  settled,
];

describe('a picture of a gateway', () => {
  test('counts what is open, what is acknowledged and what is overdue; the worst first', async () => {
    const { model } = await modelOf({ events: incidents });
    const frame = await model.look();
    expect(frame.incidents.map(({ id }) => Number(id.at(-1)))).toEqual([2, 4, 3, 1]);
    expect([frame.open.get(CRITICAL), frame.open.get(HIGH), frame.open.get(LOW)]).toEqual([1, 1, 1]);
    expect([frame.acknowledged, frame.overdue, frame.rates]).toEqual([1, 1, undefined]);
  });

  test('has rates from two looks, and none over a restart', async () => {
    const { model, has } = await modelOf({ events: [settled] });
    await model.look();
    const reports = { kept: 1_050, duplicate: 2, refused: 0, shed: 1 };
    has.status = statusOf({ serverTime: epoch + 2_000, reports });
    expect((await model.look()).rates).toEqual({ kept: 25, duplicate: 1, refused: 0, shed: 0.5 });
    has.status = statusOf({ serverTime: epoch + 3_000, startedAt: epoch + 2_500, reports: { ...reports, kept: 3 } });
    expect((await model.look()).rates).toBeUndefined();
  });

  test('says of a channel that it is well, busy, stuck or failing', async () => {
    const { model, has, clock } = await modelOf({
      events: [settled],
      accounts: [account('mail'), account('chat', { pending: 3 }), account('hook', { pending: 3, dead: 4 })],
    });
    const health = async () => (await model.look()).channels.map(({ health: each }) => each.kind);
    expect(await health()).toEqual(['well', 'busy', 'busy']);
    await clock.advance(31_000);
    has.accounts = [
      account('mail'),
      account('chat', { pending: 3, delivered: 11 }),
      account('hook', { pending: 3, dead: 4 }),
    ];
    expect(await health()).toEqual(['well', 'busy', 'stuck']);
    has.accounts = [
      account('mail', { dead: 2 }),
      account('chat'),
      account('hook', { pending: 1, delivered: 12, dead: 4 }),
    ];
    expect(await health()).toEqual(['failing', 'well', 'busy']);
  });
});

describe('a channel of the policy', () => {
  const channels = [
    { channel: 'chat', breaker: 'open', canaryAge: 180_000 },
    { channel: 'hook', breaker: 'half-open', canaryAge: undefined },
  ] as const;

  test('shows its breaker and its canary, also where nothing was counted for it yet', async () => {
    const status = statusOf({ planning: { lag: 0, busy: 0, channels } });
    const { model } = await modelOf({ events: [settled], accounts: [account('mail'), account('hook')], status });
    const frame = await model.look();
    const text = drawFrame(frame, { columns: 100, rows: 24, paint: createPaint(false), address: 'h:1' }).join('\n');
    expect(text).toMatch(/^chat +0 +0 +0 +0 +3m +breaker open$/m);
    expect(text).toMatch(/^hook .*breaker half-open$/m);
    expect(text).toMatch(/^mail .*well$/m);
    // What is worst comes first.
    expect(text.indexOf('chat')).toBeLessThan(text.indexOf('mail'));
    expect(frameJson(frame).channels).toMatchObject([
      { channel: 'mail', breaker: null, canaryAgeMillis: null },
      { channel: 'hook', breaker: 'half-open' },
      { channel: 'chat', breaker: 'open', canaryAgeMillis: 180_000 },
    ]);
  });

  test('stands in alertctl status', async () => {
    const status = statusOf({ planning: { lag: 0, busy: 0, channels } });
    const { out } = await deskRun({ status }, ['status']);
    expect(out).toMatch(/Channel: +chat  breaker open, last canary 3m ago/);
    expect(out).toMatch(/Channel: +hook  breaker half-open\n/);
    const json = await deskRun({ status }, ['status', '--json']);
    expect(JSON.parse(json.out).planning.channels[0]).toEqual({
      ...{ channel: 'chat', breaker: 'open', canaryAgeMillis: 180_000 },
    });
  });
});

describe('the view', () => {
  const many = Array.from({ length: 60 }, (_, n) =>
    told(n + 1, { title: `Ein sehr langer Titel 🔒 ${'x'.repeat(80)}` }),
  );
  const channels = Array.from({ length: 30 }, (_, n) => account(`channel-${n}`, n === 29 ? { pending: 7 } : {}));

  test.each([
    [80, 24],
    [200, 50],
    [40, 12],
    [120, 16],
  ])('fits %d columns and %d lines', async (columns, rows) => {
    const { model } = await modelOf({ events: [...many, settled], accounts: channels });
    const frame = await model.look();
    const lines = drawFrame(frame, { columns, rows, paint: createPaint(false), address: 'h:1', hint: 'q to leave' });
    expect(lines.length).toBeLessThanOrEqual(rows);
    if (columns >= 80) for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
    expect(lines.at(-1)).toBe('q to leave');
    if (rows > 12) expect(lines.join('\n')).toMatch(/… \d+ more channels/);
    expect(lines.join('\n')).toMatch(/… \d+ more incidents/);
    // The one in which something waits comes first.
    if (rows > 12) expect(lines.find((line) => line.startsWith('channel-'))).toMatch(/^channel-29/);
  });

  test('tells a refused policy, and a gateway that is away', async () => {
    const refused = { at: epoch - 1_000, code: 'COVERAGE_LOST', message: '', faults: [], version: '', changes: [] };
    const status = statusOf({ policy: { version: 'abc', loadedAt: epoch - 5_000, refused } });
    const { model } = await modelOf({ events: [settled], status });
    const screen = { columns: 100, rows: 24, paint: createPaint(false), address: 'h:1', away: 'the gateway is away' };
    const text = drawFrame(await model.look(), screen).join('\n');
    expect(text).toContain('COVERAGE_LOST 1s ago: alertctl policy show');
    expect(text).toContain('the gateway is away');
    expect(text).toContain('No incidents are open.');
  });
});

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';

const live = (contents: Partial<SmallContents> = {}, words: readonly string[] = [], columns: number | null = 80) => {
  const { surroundings, written } = testSurroundings();
  const { client, has } = createSmallClient({ events: incidents, ...contents });
  const clock = createFakeClock();
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => void raw.push(on) });
  const stop = new AbortController();
  const away = { error: undefined as Error | undefined };
  const status = () => (away.error ? Promise.reject(away.error) : client.status());
  const stdout = columns === null ? surroundings.stdout : { ...surroundings.stdout, columns, rows: 24 };
  const ended = run(
    { ...surroundings, clock, stdin, stdout, signal: stop.signal, connect: () => ({ ...client, status }) },
    ['top', ...words],
  );
  const frames = (): string[] => written.out.split('\u001b[H').slice(1);
  return { ended, written, stdin, raw, stop, has, away, clock, frames };
};

describe('alertctl top', () => {
  test('takes the screen, draws each second, and gives it back at q', async () => {
    const { ended, written, stdin, raw, clock, frames } = live();
    await waitFor(() => frames().length === 1);
    await clock.advance(1_000);
    await waitFor(() => frames().length === 2);
    stdin.write('q');
    expect(await ended).toBe(0);
    expect(written.out.startsWith(enter)).toBe(true);
    expect(written.out.endsWith(leave)).toBe(true);
    expect(raw).toEqual([true, false]);
    expect(frames()[1]).toContain('CRITICAL 1');
  });

  test.each([['Ctrl-C', '\u0003'] as const, ['SIGTERM', undefined] as const])(
    'gives the screen back at %s',
    async (_, key) => {
      const { ended, written, stdin, stop, raw, frames } = live();
      await waitFor(() => frames().length === 1);
      if (key === undefined) stop.abort();
      else stdin.write(key);
      expect(await ended).toBe(130);
      expect([written.out.endsWith(leave), raw]).toEqual([true, [true, false]]);
    },
  );

  test('waits for a gateway that goes away, and gives the screen back when it fails for good', async () => {
    const { ended, written, away, clock, frames } = live();
    await waitFor(() => frames().length === 1);
    away.error = new AlertError('GATEWAY_UNAVAILABLE', 'gone');
    await clock.advance(1_000);
    await waitFor(() => frames().length === 2);
    expect(frames()[1]).toContain('the gateway is away (GATEWAY_UNAVAILABLE)');
    away.error = new AlertError('SOURCE_INVALID', 'no name');
    await clock.advance(1_000);
    expect(await ended).toBe(1);
    expect(written.out.endsWith(leave)).toBe(true);
  });

  test('prints one picture without a terminal, and with --once', async () => {
    for (const [words, columns] of [[[], null] as const, [['--once'], 80] as const]) {
      const { ended, written } = live({}, words, columns);
      expect(await ended).toBe(0);
      expect(written.out).not.toContain('\u001b');
      expect(written.out).toContain('1,000 kept');
    }
  });

  test('prints an object a second with --json', async () => {
    const { ended, written, clock, stop } = live({ accounts: [account('mail')] }, ['--json'], null);
    const lines = (): string[] => written.out.split('\n').slice(0, -1);
    await waitFor(() => lines().length === 1);
    await clock.advance(1_000);
    await waitFor(() => lines().length === 2);
    stop.abort();
    expect(await ended).toBe(130);
    expect(JSON.parse(lines()[1] ?? '')).toMatchObject({
      open: { LOW: 1, MEDIUM: 0, HIGH: 1, CRITICAL: 1 },
      overdue: 1,
      channels: [{ channel: 'mail', health: 'well' }],
      policy: { version: '0123456789ab' },
    });
  });
});

test('alertctl incidents watch prints each change on a line', async () => {
  const { surroundings, written } = testSurroundings();
  const { client } = createSmallClient({ events: incidents });
  const exitCode = await run({ ...surroundings, connect: () => client }, ['incidents', 'watch', '--limit', '6']);
  expect(exitCode).toBe(0);
  const lines = written.out.split('\n').slice(0, -1);
  expect(lines).toHaveLength(6);
  expect(lines[1]).toMatch(/CRITICAL {2}OPEN {15}2 alerts {2}00000002 {2}login {2}Authentication failure 2$/);
  const json = testSurroundings();
  const words = ['incidents', 'watch', '--limit', '1', '--json'];
  await run({ ...json.surroundings, connect: () => client }, words);
  expect(JSON.parse(json.written.out)).toMatchObject({ cursor: '', incident: { severity: 'LOW', state: 'OPEN' } });
});
