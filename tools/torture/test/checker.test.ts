import { describe, expect, it } from '@jest/globals';
import { Alert } from '@therapytrain/alerts-api';
import { createCheck, judgeRepeat, type Wrong } from '../checker.ts';
import { reportOf, source } from '../content.ts';
import { createLedger, type Entry, type Ledger } from '../ledger.ts';

const seed = 7;

const idOf = (sequence: number): string => `00000000-0000-7000-8000-${String(sequence).padStart(12, '0')}`;

/** A ledger of so many reports, each acknowledged under the sequence that follows from its number. */
const ledgerOf = (count: number): Ledger => {
  const ledger = createLedger(seed);
  for (let number = 0; number < count; number++) {
    const entry = ledger.send(`request-${number}`, 'mixed', 10 * number);
    ledger.ack(entry, { alertId: idOf(number + 1), sequence: number + 1, duplicate: false }, 10 * number + 5);
  }
  return ledger;
};

/** What the log must hold for an entry that has the sequence. */
const alertOf = (entry: Entry, sequence: number): Alert => {
  const { type, severity, message, metadata, occurredAt, dedupKey } = reportOf(
    seed,
    entry.number,
    entry.requestId,
    entry.size,
  );
  return Alert.fromPartial({
    ...{ id: idOf(sequence), sequence: BigInt(sequence), source },
    ...{ type, severity, message, metadata, dedupKey, ...(occurredAt ? { occurredAt } : {}) },
  });
};

const logOf = (ledger: Ledger): Alert[] => ledger.entries.map((entry) => alertOf(entry, entry.number + 1));

const check = (ledger: Ledger, log: readonly Alert[]) => {
  const checking = createCheck(ledger);
  for (const alert of log) checking.see(alert);
  return checking.end();
};

const found = (ledger: Ledger, log: readonly Alert[]): (readonly [Wrong, number])[] =>
  check(ledger, log).violations.map(({ wrong, number }) => [wrong, number] as const);

const entryAt = (ledger: Ledger, number: number): Entry => {
  const entry = ledger.entries[number];
  if (!entry) throw new Error(`there is no report ${number}`);
  return entry;
};

const alertAt = (log: readonly Alert[], at: number): Alert => {
  const alert = log[at];
  if (!alert) throw new Error(`there is no alert ${at}`);
  return alert;
};

describe('checker', () => {
  it('finds nothing wrong with a log as it was acknowledged', () => {
    const ledger = ledgerOf(5);
    expect(check(ledger, logOf(ledger))).toEqual({ stored: 5, acked: 5, unanswered: 0, violations: [] });
  });

  const harms: readonly (readonly [string, (log: Alert[]) => Alert[], readonly (readonly [Wrong, number])[]])[] = [
    ['one that is removed', (log) => log.toSpliced(2, 1), [['lost', 2]]],
    ['all that are removed', () => [], [0, 1, 2, 3, 4].map((number) => ['lost', number] as const)],
    ['one that is kept twice', (log) => [...log, { ...alertAt(log, 1), id: idOf(6), sequence: 6n }], [['doubled', 1]]],
    ['two that are exchanged', (log) => log.with(1, alertAt(log, 2)).with(2, alertAt(log, 1)), [['out of order', -1]]],
    ['one under another sequence', (log) => log.with(4, { ...alertAt(log, 4), sequence: 9n }), [['moved', 4]]],
    ['one under another id', (log) => log.with(4, { ...alertAt(log, 4), id: idOf(9) }), [['moved', 4]]],
    [
      'one that nobody reported',
      (log) => [...log, { ...alertAt(log, 0), id: idOf(6), sequence: 6n, dedupKey: 'x' }],
      [['invented', -1]],
    ],
    ['another message', (log) => log.with(3, { ...alertAt(log, 3), message: 'other' }), [['changed', 3]]],
    ['another severity', (log) => log.with(3, { ...alertAt(log, 3), severity: 0 }), [['changed', 3]]],
    ['other metadata', (log) => log.with(3, { ...alertAt(log, 3), metadata: { number: 3 } }), [['changed', 3]]],
    ['another source', (log) => log.with(3, { ...alertAt(log, 3), source: 'anonymous' }), [['changed', 3]]],
    ['another time', (log) => log.with(3, { ...alertAt(log, 3), occurredAt: new Date(0) }), [['changed', 3]]],
  ];

  it.each(harms)('finds %s', (_, harm, expected) => {
    const ledger = ledgerOf(5);
    expect(found(ledger, harm(logOf(ledger)))).toEqual(expected);
  });

  it('lets a report without an answer be there or not, and holds the log to it from then on', () => {
    const ledger = ledgerOf(2);
    const kept = ledger.send('request-2', 'mixed', 100);
    const absent = ledger.send('request-3', 'mixed', 101);
    const log = [...logOf(ledgerOf(2)), alertOf(kept, 3)];
    expect(check(ledger, log)).toEqual({ stored: 3, acked: 2, unanswered: 1, violations: [] });
    expect([kept.state, absent.state]).toEqual(['acked', 'absent']);
    expect(found(ledger, log.slice(0, 2))).toEqual([['lost', 2]]);
    expect(found(ledger, [...log, alertOf(absent, 4)])).toEqual([['came back', 3]]);
  });

  it('finds a report that was refused and kept all the same', () => {
    const ledger = ledgerOf(1);
    const refused = ledger.send('request-1', 'mixed', 100);
    ledger.refuse(refused, 101);
    expect(found(ledger, [...logOf(ledgerOf(1)), alertOf(refused, 2)])).toEqual([['refused but kept', 1]]);
  });

  it('does not count what was answered after the fence', () => {
    const ledger = ledgerOf(5);
    expect(ledger.fence(entryAt(ledger, 3).answeredAt)).toBe(2);
    expect(found(ledger, logOf(ledgerOf(5)).slice(0, 3))).toEqual([]);
    expect(found(ledger, logOf(ledgerOf(5)).slice(0, 2))).toEqual([['lost', 2]]);
  });
});

describe('a report that is sent again', () => {
  const entry = entryAt(ledgerOf(1), 0);
  const answer = { alertId: entry.alertId, sequence: entry.sequence, duplicate: true };

  it('is answered as the first time, as a duplicate', () => {
    expect(judgeRepeat(entry, answer)).toBeUndefined();
  });

  it.each([
    ['kept anew', { ...answer, duplicate: false }],
    ['given another id', { ...answer, alertId: idOf(2) }],
    ['given another sequence', { ...answer, sequence: 2 }],
  ])('must not be %s', (_, other) => {
    expect(judgeRepeat(entry, other)?.wrong).toBe('answered differently');
  });
});
