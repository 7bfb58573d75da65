import { setTimeout as pause } from 'node:timers/promises';
import type { AlertServiceClient, ReportAlertRequest, StreamedAlert } from '@therapytrain/alerts-api';
import type { Millis } from '@therapytrain/alerts-core';
import { type Check, type Findings, judgeRepeat, type Violation, type Wrong } from './checker.ts';
import type { Chance } from './chance.ts';
import { connect, listAlerts, openStream, type Outcome, report } from './client.ts';
import { reportOf } from './content.ts';
import type { Entry, Ledger } from './ledger.ts';

const silence: Millis = 20_000;
const insistTries = 20;
const insistPause: Millis = 500;

/** The newest sequence of the log, as `ListAlerts` tells it; 0 for an empty one. */
export const newestSequence = async (client: AlertServiceClient): Promise<bigint> =>
  (await listAlerts(client, 1)).alerts[0]?.sequence ?? 0n;

/**
 * Streams the whole log from its start, through the interface that subscribers use, up to what was its newest alert at
 * the beginning. Returns false if the stream ended or fell silent before.
 */
export const streamAll = async (
  client: AlertServiceClient,
  see: (streamed: StreamedAlert) => void,
): Promise<boolean> => {
  const newest = await newestSequence(client);
  if (newest === 0n) return true;
  const stream = openStream(client, { start: { $case: 'fromStart', value: true } });
  return new Promise((resolve) => {
    const end = (complete: boolean): void => {
      clearTimeout(timer);
      stream.removeAllListeners('data');
      stream.cancel();
      resolve(complete);
    };
    const timer = setTimeout(() => end(false), silence);
    stream.on('error', () => end(false));
    stream.on('end', () => end(false));
    stream.on('data', ({ event }) => {
      if (event?.$case !== 'alert') return;
      timer.refresh();
      see(event.value);
      if ((event.value.alert?.sequence ?? 0n) >= newest) end(true);
    });
  });
};

/** Reads the log of the gateway at the address back and compares it with what was reported to it. */
export const readBack = async (address: string, check: Check): Promise<Findings> => {
  const client = connect(address);
  try {
    const complete = await streamAll(client, ({ alert }) => alert && check.see(alert));
    const findings = check.end();
    if (complete) return findings;
    const stalled = {
      wrong: 'stream stalled',
      number: -1,
      what: `the stream ended after ${findings.stored} alerts`,
    } as const;
    return { ...findings, violations: [stalled, ...findings.violations] };
  } finally {
    client.close();
  }
};

const pickEntries = (ledger: Ledger, chance: Chance, count: number): Entry[] => {
  const { entries } = ledger;
  const recent = entries.slice(-4 * count);
  const from = [recent, entries].flatMap((list) =>
    list.length === 0 ? [] : Array.from({ length: count / 2 }, () => chance.pick(list)),
  );
  return [...new Set(from)];
};

// On a busy machine the gateway sheds what is not critical; it says when to come back.
const insist = async (client: AlertServiceClient, request: ReportAlertRequest): Promise<Outcome> => {
  for (let tries = 1; ; tries++) {
    const outcome = await report(client, request);
    if (!('refusal' in outcome) || outcome.refusal.reason !== 'OVERLOADED' || tries === insistTries) return outcome;
    await pause(outcome.refusal.retryAfter ?? insistPause);
  }
};

const requestOf = ({ seed }: Ledger, { number, requestId, size }: Entry): ReportAlertRequest =>
  reportOf(seed, number, requestId, size);

const repeatOne = async (client: AlertServiceClient, ledger: Ledger, entry: Entry): Promise<Violation<Wrong>[]> => {
  const outcome = await insist(client, requestOf(ledger, entry));
  if ('refusal' in outcome) {
    const { code, reason } = outcome.refusal;
    const what = `report ${entry.number} was refused when it was sent again (${reason || `status ${code}`})`;
    return [{ wrong: 'answered differently', number: entry.number, what }];
  }
  const wrong = judgeRepeat(entry, outcome.answer);
  return wrong ? [wrong] : [];
};

// What a reporter does after a call without an answer that was not kept: it is kept now, and not called a duplicate.
const repeatAbsent = async (client: AlertServiceClient, ledger: Ledger, entry: Entry): Promise<Violation<Wrong>[]> => {
  const outcome = await insist(client, requestOf(ledger, entry));
  if ('refusal' in outcome) return [];
  ledger.ack(entry, outcome.answer, performance.now());
  if (!outcome.answer.duplicate) return [];
  const what = `report ${entry.number} was not there, and is called a duplicate when it is sent again`;
  return [{ wrong: 'answered differently', number: entry.number, what }];
};

// The same request id with another body must be refused: an answer would acknowledge what is not kept.
const repeatChanged = async (client: AlertServiceClient, ledger: Ledger, entry: Entry): Promise<Violation<Wrong>[]> => {
  const request = requestOf(ledger, entry);
  const outcome = await insist(client, { ...request, message: `${request.message} changed` });
  if ('refusal' in outcome && outcome.refusal.reason === 'REQUEST_ID_REUSED') return [];
  const what = `report ${entry.number} was not refused as REQUEST_ID_REUSED with another content`;
  return [{ wrong: 'answered differently', number: entry.number, what }];
};

/** Sends reports again that were acknowledged, and judges the answers. */
export const repeatEntries = async (
  address: string,
  ledger: Ledger,
  entries: readonly Entry[],
): Promise<Violation<Wrong>[]> => {
  const client = connect(address);
  try {
    return (await Promise.all(entries.map((entry) => repeatOne(client, ledger, entry)))).flat();
  } finally {
    client.close();
  }
};

/**
 * Sends some reports again: one that was acknowledged must get the answer of the first time, one that was not there must
 * be kept now. Returns how many it sent.
 */
export const repeatSome = async (
  address: string,
  ledger: Ledger,
  chance: Chance,
  count = 20,
): Promise<{ readonly asked: number; readonly violations: readonly Violation<Wrong>[] }> => {
  const picked = pickEntries(ledger, chance, count);
  const acked = picked.filter(({ state }) => state === 'acked');
  const absent = picked.filter(({ state }) => state === 'absent');
  const client = connect(address);
  try {
    const all = await Promise.all([
      ...acked.map((entry) => repeatOne(client, ledger, entry)),
      ...acked.slice(0, 1).map((entry) => repeatChanged(client, ledger, entry)),
      ...absent.map((entry) => repeatAbsent(client, ledger, entry)),
    ]);
    return { asked: all.length, violations: all.flat() };
  } finally {
    client.close();
  }
};
