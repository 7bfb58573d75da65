import { isDeepStrictEqual } from 'node:util';
import type { Alert, ReportAlertRequest } from '@therapytrain/alerts-api';
import { reportOf, source } from './content.ts';
import type { Answer, Entry, Ledger } from './ledger.ts';

/** What can be wrong with a log. */
export type Wrong =
  /** An alert was acknowledged, and is not there. */
  | 'lost'
  /** An alert is there under another id or sequence than the reporter was told. */
  | 'moved'
  /** One request id made two alerts. */
  | 'doubled'
  /** Nobody reported this. */
  | 'invented'
  /** The gateway said that it did not keep this. */
  | 'refused but kept'
  /** A finished check did not find it, and now it is there. */
  | 'came back'
  /** Sequences or ids do not ascend. */
  | 'out of order'
  /** It does not say what was reported. */
  | 'changed'
  /** The same report again gets another answer than the first time. */
  | 'answered differently'
  /** The stream did not reach the end of the log. */
  | 'stream stalled'
  /** The stream and the database do not hold the same number of alerts. */
  | 'not streamed'
  /** `PRAGMA integrity_check` does not say ok. */
  | 'corrupt';

/** One thing that must not be, found by a check. `what` holds numbers and ids of the harness's own reports only. */
export interface Violation<W extends string = string> {
  readonly wrong: W;
  /** The number of the report, or -1 where it is not about one. */
  readonly number: number;
  readonly what: string;
}

/** What a check of a whole log found. */
export interface Findings {
  /** Alerts in the log. */
  readonly stored: number;
  /** Of those, acknowledged before. */
  readonly acked: number;
  /** Of those, reported without an answer. */
  readonly unanswered: number;
  readonly violations: readonly Violation<Wrong>[];
}

/** Compares a log, alert by alert, with what was reported to it. */
export interface Check {
  /** The next alert of the log, from its start. */
  see(alert: Alert): void;
  /** The log is at its end. What is found counts as acknowledged from now on: somebody may have seen it. */
  end(): Findings;
}

const differs = (alert: Alert, said: ReportAlertRequest): boolean =>
  alert.source !== source ||
  alert.type !== said.type ||
  alert.severity !== said.severity ||
  alert.message !== said.message ||
  alert.traceParent !== said.traceParent ||
  alert.occurredAt?.getTime() !== said.occurredAt?.getTime() ||
  !isDeepStrictEqual(alert.metadata, said.metadata);

/** Begins a check of a log against its ledger. Nothing may be on its way to the gateway meanwhile. */
export const createCheck = (ledger: Ledger): Check => {
  const violations: Violation<Wrong>[] = [];
  const seen = new Map<Entry, Alert>();
  let last: Alert | undefined;
  let stored = 0;
  let unanswered = 0;
  const add = (wrong: Wrong, number: number, what: string) => void violations.push({ wrong, number, what });
  const checkOrder = (alert: Alert): void => {
    if (last && (alert.sequence <= last.sequence || alert.id <= last.id)) {
      add('out of order', -1, `sequence ${alert.sequence} (${alert.id}) after ${last.sequence} (${last.id})`);
    }
    last = alert;
  };
  const checkState = (alert: Alert, entry: Entry): void => {
    const { number, state } = entry;
    if (state === 'refused') add('refused but kept', number, `report ${number} has sequence ${alert.sequence}`);
    if (state === 'absent') add('came back', number, `report ${number} has sequence ${alert.sequence}`);
    if (state === 'sent') unanswered++;
    if (state === 'acked' && (entry.alertId !== alert.id || BigInt(entry.sequence) !== alert.sequence)) {
      const told = `${entry.sequence} (${entry.alertId})`;
      add('moved', number, `report ${number} was told ${told} and has ${alert.sequence} (${alert.id})`);
    }
  };
  return {
    see: (alert) => {
      stored++;
      checkOrder(alert);
      const entry = ledger.find(alert.dedupKey);
      if (!entry) return add('invented', -1, `sequence ${alert.sequence} (${alert.id}) was never reported`);
      const before = seen.get(entry);
      if (before) {
        const both = `sequences ${before.sequence} and ${alert.sequence}`;
        return add('doubled', entry.number, `report ${entry.number} has ${both}`);
      }
      seen.set(entry, alert);
      checkState(alert, entry);
      if (differs(alert, reportOf(ledger.seed, entry.number, entry.requestId, entry.size))) {
        add('changed', entry.number, `report ${entry.number} does not say what was sent`);
      }
    },
    end: () => {
      const acked = ledger.count('acked');
      for (const entry of ledger.entries) {
        const alert = seen.get(entry);
        if (alert) Object.assign(entry, { state: 'acked', alertId: alert.id, sequence: Number(alert.sequence) });
        else if (entry.state === 'acked') {
          add('lost', entry.number, `report ${entry.number} was told sequence ${entry.sequence} and is not there`);
        } else if (entry.state === 'sent') entry.state = 'absent';
      }
      return { stored, acked, unanswered, violations };
    },
  };
};

/** What is wrong with the answer to a report that was acknowledged before and is sent again; undefined if nothing is. */
export const judgeRepeat = (entry: Entry, answer: Answer): Violation<Wrong> | undefined => {
  if (answer.duplicate && answer.alertId === entry.alertId && answer.sequence === entry.sequence) return undefined;
  const first = `${entry.sequence} (${entry.alertId})`;
  const again = `${answer.sequence} (${answer.alertId}, duplicate ${answer.duplicate})`;
  const what = `report ${entry.number} was told ${first}, and ${again} when it was sent again`;
  return { wrong: 'answered differently', number: entry.number, what };
};
