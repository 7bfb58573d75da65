import type { Millis } from '@therapytrain/alerts-core';
import type { ReportSize } from './content.ts';

/** What the gateway answered when it kept a report. */
export interface Answer {
  readonly alertId: string;
  readonly sequence: number;
  readonly duplicate: boolean;
}

/** One report and what is known of it. */
export interface Entry {
  /** From 0; says with the seed what was reported. */
  readonly number: number;
  readonly requestId: string;
  readonly size: ReportSize;
  /** When it was sent, by the harness's monotonic clock. */
  readonly sentAt: Millis;
  /**
   * `sent`: without an answer, so it may be there once. `acked`: must be there. `refused`: the gateway said that it is not
   * kept, so it must not be there. `absent`: a finished check did not find it, so it must not appear any more.
   */
  state: 'sent' | 'acked' | 'refused' | 'absent';
  /** When the answer came. 0 until then, and for what a check found without an answer. */
  answeredAt: Millis;
  alertId: string;
  sequence: number;
}

/** Everything that was reported to one log, and what was answered. */
export interface Ledger {
  readonly seed: number;
  readonly entries: readonly Entry[];
  /** A report is about to be sent. */
  send(requestId: string, size: ReportSize, at: Millis): Entry;
  ack(entry: Entry, answer: Answer, at: Millis): void;
  refuse(entry: Entry, at: Millis): void;
  /** Takes back what was answered at or after the moment: those answers prove nothing. Returns how many acks that were. */
  fence(at: Millis): number;
  find(requestId: string): Entry | undefined;
  count(state: Entry['state']): number;
}

/** Where a ledger writes what it is told, so that it can be looked at afterwards. */
export type Note = (line: readonly (string | number)[]) => void;

/** An empty ledger of the reports that {@link reportOf} makes with the seed. */
export const createLedger = (seed: number, note: Note = () => {}): Ledger => {
  const entries: Entry[] = [];
  const byRequest = new Map<string, Entry>();
  return {
    seed,
    entries,
    send: (requestId, size, at) => {
      const entry: Entry = {
        number: entries.length,
        requestId,
        size,
        sentAt: at,
        state: 'sent',
        answeredAt: 0,
        alertId: '',
        sequence: 0,
      };
      entries.push(entry);
      byRequest.set(requestId, entry);
      note(['sent', entry.number, requestId, size, at]);
      return entry;
    },
    ack: (entry, answer, at) => {
      Object.assign(entry, { state: 'acked', answeredAt: at, alertId: answer.alertId, sequence: answer.sequence });
      note(['acked', entry.number, entry.requestId, at, answer.alertId, answer.sequence]);
    },
    refuse: (entry, at) => {
      Object.assign(entry, { state: 'refused', answeredAt: at });
      note(['refused', entry.number, entry.requestId, at]);
    },
    fence: (at) => {
      let acks = 0;
      for (const entry of entries) {
        if (entry.answeredAt < at) continue;
        if (entry.state === 'acked') acks++;
        Object.assign(entry, { state: 'sent', answeredAt: 0, alertId: '', sequence: 0 });
      }
      note(['fence', at, acks]);
      return acks;
    },
    find: (requestId) => byRequest.get(requestId),
    count: (state) => entries.reduce((sum, entry) => sum + (entry.state === state ? 1 : 0), 0),
  };
};
