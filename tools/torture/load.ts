import { setTimeout as pause } from 'node:timers/promises';
import type { AlertServiceClient, ReportAlertResult } from '@therapytrain/alerts-api';
import { createIds, type Ids, type Millis, systemClock, systemRandom } from '@therapytrain/alerts-core';
import type { Chance } from './chance.ts';
import {
  answerOf,
  callMetadata,
  connect,
  type Refusal,
  refusalOf,
  report,
  surelyRefused,
  unreachable,
} from './client.ts';
import { reportOf, type ReportSize } from './content.ts';
import type { Answer, Entry, Ledger } from './ledger.ts';

/** What a load is made of. */
export interface LoadOptions {
  /** Callers of `ReportAlert`, each with one call at a time. */
  readonly callers: number;
  /** Streams of `ReportAlerts`, each with a few batches on their way. */
  readonly streams: number;
  /** Most alerts in a batch. */
  readonly batch: number;
  /** Longest pause between an answer and the next report; 0 for none. */
  readonly pause: Millis;
  readonly size: ReportSize;
}

/** Reports being made to one gateway. */
export interface Load {
  readonly refusals: readonly (Refusal & { readonly at: Millis })[];
  /** Resolves when so many reports have been acknowledged, or when nobody answers any more. */
  acknowledged(count: number): Promise<void>;
  /** Makes no new reports; resolves when every open call has ended, one way or another. */
  stop(): Promise<void>;
}

/** What kill and power-cut cycles are under: eight callers and a stream of batches. */
export const usualLoad: LoadOptions = { callers: 8, streams: 1, batch: 32, pause: 4, size: 'mixed' };

const batchesInFlight = 4;
const answerWithin: Millis = 15_000;
// Time-ordered, as the contract prefers them.
const ids: Ids = createIds(systemClock, systemRandom);

interface Parts {
  readonly client: AlertServiceClient;
  readonly ledger: Ledger;
  readonly chance: Chance;
  readonly options: LoadOptions;
  readonly stopping: AbortSignal;
  readonly ack: (entry: Entry, answer: Answer) => void;
  readonly refuse: (entry: Entry, refusal: Refusal) => void;
}

const next = ({ ledger, options }: Parts) => {
  const entry = ledger.send(ids.next(), options.size, performance.now());
  return { entry, request: reportOf(ledger.seed, entry.number, entry.requestId, options.size) };
};

const rest = async ({ chance, options, stopping }: Parts): Promise<void> => {
  if (options.pause > 0 && !stopping.aborted) await pause(chance.between(0, options.pause));
};

// Ends when it is told to, or when nobody answers any more.
const callOneByOne = async (parts: Parts): Promise<void> => {
  while (!parts.stopping.aborted) {
    const { entry, request } = next(parts);
    const outcome = await report(parts.client, request);
    if ('answer' in outcome) parts.ack(entry, outcome.answer);
    else {
      parts.refuse(entry, outcome.refusal);
      if (unreachable(outcome.refusal)) return;
      // Refused, not gone: what comes next should not come at once.
      await pause(20);
    }
    await rest(parts);
  }
};

const settle = (parts: Parts, entry: Entry, outcome: ReportAlertResult['result']): void => {
  if (outcome?.$case === 'receipt') parts.ack(entry, answerOf(outcome.value));
  else if (outcome) parts.refuse(entry, refusalOf(outcome.value));
};

const streamBatches = (parts: Parts): Promise<void> =>
  new Promise((resolve) => {
    const { client, chance, options, stopping } = parts;
    const waiting: Entry[][] = [];
    const call = client.reportAlerts(callMetadata());
    let open = true;
    const close = (): void => {
      open = false;
      resolve();
    };
    const stop = (): void => {
      if (!open) return;
      call.end();
      // A gateway that hangs is for the check to find; the load must end in any case.
      setTimeout(() => call.cancel(), answerWithin).unref();
    };
    const send = (): void => {
      if (!open || stopping.aborted) return;
      const batch = Array.from({ length: chance.between(1, options.batch) }, () => next(parts));
      waiting.push(batch.map(({ entry }) => entry));
      call.write({ alerts: batch.map(({ request }) => request) });
    };
    stopping.addEventListener('abort', stop);
    call.on('data', ({ results }: { results: ReportAlertResult[] }) => {
      const entries = waiting.shift() ?? [];
      for (const [at, entry] of entries.entries()) settle(parts, entry, results[at]?.result);
      void rest(parts).then(send);
    });
    call.on('error', close);
    call.on('end', close);
    for (let count = 0; count < batchesInFlight; count++) send();
  });

/** Begins to report to the gateway at the address. What is sent and answered stands in the ledger. */
export const startLoad = (address: string, ledger: Ledger, chance: Chance, options: LoadOptions): Load => {
  const client = connect(address);
  const refusals: (Refusal & { at: Millis })[] = [];
  const over = new AbortController();
  let acks = 0;
  let ended = false;
  const refuse = (entry: Entry, refusal: Refusal): void => {
    const at = performance.now();
    refusals.push({ ...refusal, at });
    if (surelyRefused(refusal)) ledger.refuse(entry, at);
  };
  const ack = (entry: Entry, answer: Answer): void => {
    acks++;
    ledger.ack(entry, answer, performance.now());
  };
  const parts: Parts = { client, ledger, chance, options, stopping: over.signal, ack, refuse };
  const all = Promise.all([
    ...Array.from({ length: options.callers }, () => callOneByOne(parts)),
    ...Array.from({ length: options.streams }, () => streamBatches(parts)),
  ]);
  void all.then(() => (ended = true));
  return {
    refusals,
    acknowledged: async (count) => {
      while (acks < count && !ended) await pause(10);
    },
    stop: async () => {
      over.abort();
      await all;
      client.close();
    },
  };
};
