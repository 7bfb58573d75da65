import {
  AlertError,
  alertErrorCodes,
  type AlertErrorCode,
  type AppendResult,
  type Clock,
  type Random,
  type Backoff,
  spread,
} from '@therapytrain/alerts-core';
import type { Outgoing } from '../report/outgoing.ts';
import type { PreparedReport, Shelter } from '../report/report.ts';
import type { Sender } from '../report/sender.ts';
import { mayRetry } from '../status.ts';
import type { SpooledRow } from './messages.ts';
import type { Spool } from './spool.ts';

/** Sends what is in the spool when the gateway is there, and knows whether it is. */
export interface Drain extends Shelter {
  /** Sends what is in the spool, if there is something. */
  wake(): void;
  /** Stops sending. What was not answered stays in the spool. */
  stop(): Promise<void>;
}

/** What a drain needs. */
export interface DrainParts {
  readonly spool: Spool;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
  /** Most reports that are taken from the spool at once. */
  readonly maxCount: number;
  /** Told of a report that the gateway refused for good; it has left the spool. */
  readonly onRefused: (row: SpooledRow, error: AlertError) => void;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

/** How one try ended; undefined if it was stopped. */
interface Try {
  readonly row: SpooledRow;
  readonly result: AppendResult | undefined;
  /** The gateway said so of this very report. */
  readonly answered: boolean;
}

const maxBytes = 1024 * 1024;

// What is wrong with the report itself. Anything else is wrong with us or the gateway, and may be put right.
const refusals: ReadonlySet<AlertErrorCode> = new Set([
  'FIELD_INVALID',
  'MESSAGE_MALFORMED',
  'ALERT_TOO_LARGE',
  'REQUEST_ID_REUSED',
]);

const isRefusal = ({ result, answered }: Try): boolean =>
  result instanceof AlertError && answered && refusals.has(result.code);

const meansAway = ({ code }: AlertError): boolean =>
  ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(alertErrorCodes[code][0]);

/** Makes a drain. */
export const createDrain = (parts: DrainParts): Drain => {
  const { spool, sender, clock, random, backoff, onRefused, signal } = parts;
  const underWay = new Map<Outgoing, () => void>();
  let away = false;
  let running: Promise<void> | undefined;

  // One try, without a deadline: it goes when the sender's pause is over, so there is one backoff and not two.
  const sendOne = (row: SpooledRow): Promise<Try> =>
    new Promise((resolve) => {
      const end = (result: AppendResult | undefined, answered: boolean): void => {
        underWay.delete(outgoing);
        resolve({ row, result, answered });
      };
      const outgoing: Outgoing = {
        severity: row.severity,
        encoded: row.encoded,
        due: Number.POSITIVE_INFINITY,
        tries: 1,
        open: true,
        resolve: (receipt) => end(receipt, true),
        reject: end,
      };
      underWay.set(outgoing, () => end(undefined, false));
      sender.send(outgoing);
    });
  const removeSettled = async (tries: readonly Try[]): Promise<void> => {
    const refused = tries.filter(isRefusal);
    const settled = tries.filter((each) => each.result && !(each.result instanceof AlertError)).concat(refused);
    if (settled.length > 0) await spool.remove(settled.map(({ row }) => row.place));
    for (const { row, result } of refused) if (result instanceof AlertError) onRefused(row, result);
  };
  // A broken stream has made the sender pause already.
  const waitFor = async ({ result, answered }: Try, failures: number): Promise<void> => {
    if (!(result instanceof AlertError) || (!answered && mayRetry(result))) return;
    const wait = result.retryAfter === undefined ? backoff(failures) : spread(result.retryAfter, random);
    await clock.sleep(wait, signal).catch(() => {});
  };
  const run = async (): Promise<void> => {
    for (let failures = 0, count = 1; !signal.aborted && spool.size() > 0;) {
      // One report finds out whether the gateway is back; the others follow.
      const rows = await spool.first(count, maxBytes);
      if (signal.aborted) return;
      const tries = await Promise.all(rows.map(sendOne));
      if (tries.some(({ answered }) => answered)) away = false;
      await removeSettled(tries);
      const left = tries.find((each) => each.result instanceof AlertError && !isRefusal(each));
      failures = left ? failures + 1 : 0;
      count = left ? 1 : parts.maxCount;
      if (left) await waitFor(left, failures);
    }
  };
  const wake = (): void => {
    if (signal.aborted || spool.size() === 0) return;
    running ??= run()
      // The disk has failed; whoever puts something is told so.
      .catch(() => {})
      .finally(() => {
        running = undefined;
      });
  };
  return {
    wake,
    away: () => away && spool.size() > 0,
    keep: async ({ requestId, severity, encoded }: PreparedReport, why: AlertError) => {
      if (meansAway(why)) away = true;
      await spool.put({ severity, encoded });
      wake();
      return { spooled: true, requestId };
    },
    stop: async () => {
      for (const [outgoing, end] of [...underWay]) {
        sender.forget(outgoing);
        end();
      }
      await running;
    },
  };
};
