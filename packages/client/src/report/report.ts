import {
  type AlertDraft,
  AlertError,
  AlertSeverity,
  type AlertTypes,
  checkDraft,
  type Clock,
  createAlertTypes,
  encodeReport,
  type Ids,
  limits,
  type Millis,
  type Receipt,
  tooLarge,
} from '@therapytrain/alerts-core';
import type { ReportOptions, Spooled } from '../types.ts';
import type { Outgoing } from './outgoing.ts';
import type { Sender } from './sender.ts';

/** A draft that keeps the rules, as it is sent. */
export interface PreparedReport {
  readonly requestId: string;
  /** For the order of sending only: what is left out is for the gateway to say. */
  readonly severity: AlertSeverity;
  readonly encoded: Uint8Array;
}

/** Checks and encodes drafts. Throws `FIELD_INVALID` or `ALERT_TOO_LARGE`. */
export type PrepareReport = (draft: AlertDraft) => PreparedReport;

/**
 * Makes the preparation. With `stamp`, a report that does not say when it happened gets the time of now: it may lie in
 * a spool for a while, and must say the same each time it is sent.
 */
export const createPrepareReport = (
  ports: { readonly clock: Clock; readonly ids: Ids },
  {
    stamp,
    traceParent = () => '',
    types = createAlertTypes(),
  }: { readonly stamp: boolean; readonly traceParent?: (() => string) | undefined; readonly types?: AlertTypes },
): PrepareReport => {
  const { clock, ids } = ports;
  return (draft) => {
    const checked = checkDraft(draft);
    const requestId = (checked.requestId ??= ids.next());
    checked.traceParent ||= traceParent();
    if (stamp) checked.occurredAt ??= clock.now();
    const encoded = encodeReport(checked);
    if (encoded.length > limits.alertBytes) throw tooLarge(encoded.length);
    const severity = checked.severity ?? types.defaultSeverity(checked.type) ?? AlertSeverity.MEDIUM;
    return { requestId, severity, encoded };
  };
};

/** Keeps reports that the gateway cannot take now. */
export interface Shelter {
  /** True while the gateway is known to be away: it is then not asked again for each report. */
  away(): boolean;
  /** Durable when it resolves. */
  keep(report: PreparedReport, why: AlertError): Promise<Spooled>;
}

/** What sending needs to know. */
export interface SendParts {
  readonly sender: Sender;
  readonly clock: Clock;
  readonly deadline: Millis;
  readonly attempts: number;
  readonly shelter: Shelter | undefined;
}

const cancelled = (): AlertError => new AlertError('CANCELLED', 'the report was given up; it may have been kept');

/** Makes the sending of one prepared report: to the gateway, else to the shelter if there is one. */
export const createSendReport = (parts: SendParts) => {
  const { sender, clock, deadline, attempts, shelter } = parts;
  const away = new AlertError('GATEWAY_UNAVAILABLE', 'the gateway is away');
  return (report: PreparedReport, { signal }: ReportOptions): Promise<Receipt | Spooled> => {
    if (signal?.aborted) return Promise.reject(cancelled());
    if (shelter?.away()) return shelter.keep(report, away);
    return new Promise((resolve, reject) => {
      const outgoing: Outgoing = {
        encoded: report.encoded,
        severity: report.severity,
        due: clock.monotonic() + deadline,
        tries: attempts,
        open: true,
        resolve,
        reject: (error) => {
          if (shelter && error.retryable) void shelter.keep(report, error).then(resolve, reject);
          else reject(error);
        },
      };
      sender.send(signal ? heeding(signal, outgoing, sender, reject) : outgoing);
    });
  };
};

// The same report, given up when the signal is aborted.
const heeding = (
  signal: AbortSignal,
  report: Outgoing,
  sender: Sender,
  giveUp: (error: AlertError) => void,
): Outgoing => {
  const abort = (): void => {
    sender.forget(heeded);
    giveUp(cancelled());
  };
  const heeded: Outgoing = {
    ...report,
    resolve: (receipt) => {
      signal.removeEventListener('abort', abort);
      report.resolve(receipt);
    },
    reject: (error, answered) => {
      signal.removeEventListener('abort', abort);
      report.reject(error, answered);
    },
  };
  signal.addEventListener('abort', abort, { once: true });
  return heeded;
};
