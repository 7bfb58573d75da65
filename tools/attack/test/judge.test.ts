import { describe, expect, it } from '@jest/globals';
import type { Attack, Outcome } from '../attack.ts';
import { attacks } from '../attacks.ts';
import { attackers } from '../attacks/index.ts';
import { judge, lostOf, shows } from '../judge.ts';
import { createCommand } from '../options.ts';
import { exitCodeOf, printReport, type AttackReport } from '../report.ts';

const well: Outcome = {
  counts: { sent: 100 },
  good: { count: 200, p50: 3, p99: 40, longest: 60, newcomers: 10, longestNewcomer: 70, failed: {} },
  memory: { before: 300, most: 340, after: 310 },
  connections: { before: 1, most: 50, after: 1 },
  alive: true,
  ready: true,
  seconds: 2,
  cpu: 1,
  others: 0.1,
};
const ping = attacks.find(({ name }) => name === 'ping') as Attack;
const named = (name: string): Attack => attacks.find((each) => each.name === name) as Attack;

describe('the gateway', () => {
  it('is well where nothing is wrong', () => expect(judge(ping, well, 'long')).toEqual([]));

  it.each<readonly [string, Partial<Outcome>, RegExp]>([
    ['ended', { alive: false }, /has ended/],
    ['is not ready', { ready: false }, /does not say that it serves/],
    ['lets others wait', { good: { ...well.good, p99: 500 } }, /99th percentile.*500 ms/],
    ['refuses others', { good: { ...well.good, failed: { OVERLOADED: 2 } } }, /2 × OVERLOADED/],
    ['was not asked anything', { good: { ...well.good, count: 0 } }, /made no report/],
    ['grows', { memory: { before: 300, most: 400, after: 300 } }, /grew by 100 MiB/],
    ['keeps connections', { connections: { before: 1, most: 50, after: 5 } }, /4 connections/],
  ])('is not where it %s', (_, change, what) => {
    const wrong = judge(ping, { ...well, ...change }, 'long');
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toMatch(what);
  });

  it('may leave garbage where the attack is work, and nothing else', () => {
    const garbage = { ...well, memory: { before: 300, most: 600, after: 399 } };
    expect(judge(named('malformed'), garbage, 'long')).toEqual([]);
    expect(judge(ping, garbage, 'long')).toEqual(['memory grew by 300 MiB']);
    expect(judge(named('malformed'), { ...well, memory: { before: 300, most: 600, after: 400 } }, 'long')).toEqual([
      'memory grew by 100 MiB',
    ]);
  });

  it('is judged in the short form by whether somebody is held up', () => {
    const slow = (p99: number): Outcome => ({ ...well, good: { ...well.good, p99 } });
    expect(judge(ping, slow(4_999), 'short')).toEqual([]);
    expect(judge(ping, slow(5_000), 'short')).toHaveLength(1);
  });

  it('is not judged by waits while others keep the machine busy', () => {
    expect(judge(ping, { ...well, good: { ...well.good, p99: 5_000 }, others: 0.6 }, 'long')).toEqual([]);
  });

  it.each([
    ['streams', { 'streams left open': 129 }],
    ['silent', { 'TCP only: still open': 1, sent: 3, 'headers only: calls ended': 1 }],
    ['silent', { sent: 3, 'headers only: calls ended': 0 }],
    ['slow', { 'calls still open': 1 }],
    ['nesting', { OK: 1 }],
    ['empty-messages', { INTERNAL: 1 }],
    ['gzip', { HUNG: 1 }],
    ['malformed', { INTERNAL: 1 }],
    ['malformed', { 'ended badly': 1 }],
  ])('is not where it lets %s through', (name, counts) => {
    expect(judge(named(name), { ...well, counts }, 'long')).toHaveLength(1);
  });

  it('has lost what it acknowledged and does not have', () => {
    expect(lostOf(['a', 'b', 'c'], new Set(['c', 'a', 'x']))).toEqual(['b']);
  });
});

describe('the bare server', () => {
  it.each([
    [
      'streams',
      { counts: { sent: 20_000, 'streams left open': 20_000 } },
      { counts: { sent: 20_000, 'streams left open': 128 } },
    ],
    [
      'one-byte-data',
      { memory: { before: 100, most: 300, after: 300 } },
      { memory: { before: 100, most: 130, after: 130 } },
    ],
    ['slow', { counts: { sent: 10 } }, { counts: { sent: 10, 'calls ended': 10 } }],
    [
      'empty-messages',
      { memory: { before: 180, most: 1_006, after: 946 } },
      { memory: { before: 180, most: 210, after: 210 } },
    ],
  ])('shows that %s is an attack, or does not', (name, shown, not) => {
    expect(shows(named(name), { ...well, ...shown })).toBe(true);
    expect(shows(named(name), { ...well, ...not })).toBe(false);
  });

  it('is not asked where nothing is claimed', () => expect(shows(ping, well)).toBeUndefined());
});

const report = (change: Partial<AttackReport> = {}): AttackReport => ({
  form: 'short',
  seed: 7,
  startedAt: '2026-01-01T00:00:00Z',
  machine: { node: 'v24', sqlite: '3', kernel: '6', cores: 2, load: 0.1 },
  seconds: 80,
  results: [{ attack: ping, gateway: well, control: undefined }],
  acked: 100,
  lost: 0,
  ended: [],
  ...change,
});

describe('a report', () => {
  it.each<readonly [string, Partial<AttackReport>, 0 | 1]>([
    ['all is well', {}, 0],
    ['something was lost', { lost: 1 }, 1],
    ['nothing was acknowledged', { acked: 0 }, 1],
    ['it ended wrongly', { ended: ['it ended with 1'] }, 1],
    [
      'an attack came through',
      { results: [{ attack: ping, gateway: { ...well, ready: false }, control: undefined }] },
      1,
    ],
    ['a control shows nothing', { results: [{ attack: named('streams'), gateway: well, control: well }] }, 1],
    ['a canary came out', { canaries: { planted: 1, cores: 0, sinks: [sink({ found: ['personal'] })] } }, 1],
    ['a hidden canary was not found', { canaries: { planted: 1, cores: 0, sinks: [sink({ detected: 3 })] } }, 1],
    ['a way out was not looked at', { canaries: { planted: 1, cores: 0, sinks: [sink({ alive: false })] } }, 1],
    ['there is a core file', { canaries: { planted: 1, cores: 1, sinks: [sink({})] } }, 1],
    ['no canary came out', { canaries: { planted: 1, cores: 0, sinks: [sink({})] } }, 0],
  ])('where %s', (_, change, code) => {
    expect(exitCodeOf(report(change))).toBe(code);
    expect(printReport(report(change))).toContain('seed 7, short form');
  });

  it('says what was lost, and of how many', () => {
    expect(printReport(report({ acked: 1_234, lost: 5 }))).toContain('1,234, of which 5 are lost');
  });

  it('says where waits were not judged', () => {
    const busy = { attack: ping, gateway: { ...well, others: 2 }, control: undefined };
    expect(printReport(report({ results: [busy] }))).toMatch(/NOT JUDGED during ping/);
  });
});

function sink(change: object) {
  return { name: 'log', bytes: 10, found: [], planted: 4, detected: 4, alive: true, ...change };
}

describe('the suite', () => {
  it('has an attacker for every attack, and an attack for every attacker', () => {
    expect(attacks.map(({ name }) => name).toSorted()).toEqual(Object.keys(attackers).toSorted());
  });

  it('refuses an attack that there is not', () => {
    const command = createCommand(['ping'])
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    expect(() => command.parse(['--only', 'pong'], { from: 'user' })).toThrow(/There is no recipe "pong"/);
  });
});
