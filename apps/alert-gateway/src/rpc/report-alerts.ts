import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  type AlertDraft,
  AlertError,
  type AppendResult,
  decodeReport,
  encodeReceipt,
  joinFields,
  limits,
  type Principal,
  splitReports,
  tooLarge,
} from '@therapytrain/alerts-core';
import type { Flow } from '@therapytrain/alerts-manager';
import { checkWithin, type ReportParts, severityFor } from './report-alert.ts';
import { encodeStatus } from './status.ts';

// How many requests of one stream may be on their way, or their answers; more are not read from the connection.
const inFlight = 16;

// The trace of the stream is that of whoever opened it, and many may share it: an alert that names none has none.
const decodeOrRefuse = (bytes: Uint8Array, principal: Principal): AlertDraft | AlertError => {
  try {
    if (bytes.length > limits.alertBytes) throw tooLarge(bytes.length);
    const draft = decodeReport(bytes);
    checkWithin(draft, principal);
    return draft;
  } catch (error) {
    if (error instanceof AlertError) return error;
    throw error;
  }
};

const encodeResult = (result: AppendResult): Uint8Array =>
  result instanceof AlertError ? joinFields([[2, encodeStatus(result)]]) : joinFields([[1, encodeReceipt(result)]]);

/** Answers one `ReportAlertsRequest`: each alert is kept or refused by itself, all of them in one commit. */
export const createReportBatch =
  (parts: ReportParts) =>
  async (message: Buffer, principal: Principal): Promise<Buffer> => {
    const { flow, admission, onReported } = parts;
    const drafts = splitReports(message).map((bytes) => decodeOrRefuse(bytes, principal));
    const gate = admission.gate(Math.ceil(message.length / drafts.length));
    try {
      const admitted = drafts.map((draft) =>
        draft instanceof AlertError ? draft : (gate.refusal(severityFor(draft, parts)) ?? draft),
      );
      const results = await keepOrRefuse(flow, admitted, principal.name);
      for (const [at, draft] of drafts.entries()) {
        const result = results[at];
        if (!result) continue;
        if (draft instanceof AlertError) onReported(undefined, undefined, result);
        else onReported(draft.type, draft.severity, result);
      }
      return joinFields(results.map((result) => [1, encodeResult(result)]));
    } finally {
      gate.leave();
    }
  };

// What fails a whole commit is told of each alert in it, so that the stream lives on.
const keepOrRefuse = async (flow: Flow, drafts: readonly (AlertDraft | AlertError)[], source: string) => {
  try {
    return await flow.reportAll(drafts, source);
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    return drafts.map((draft) => (draft instanceof AlertError ? draft : error));
  }
};

/**
 * `ReportAlerts`: answers each request in the order of the requests, reads on while earlier ones wait for their commit,
 * and stops reading while too many do.
 */
export const serveReportStream = (
  call: ServerDuplexStream<Buffer, Buffer>,
  answer: (message: Buffer) => Promise<Buffer>,
  fail: (error: unknown) => void,
): { drain(error: AlertError): void } => {
  let waiting = 0;
  let ended = false;
  let failed: unknown;
  // An answer is missing, so none may follow it: they come in the order of the requests.
  let broken = false;
  let tail: Promise<void> = Promise.resolve();
  const finish = (): void => {
    if (waiting > 0 || !ended) return;
    if (failed === undefined) call.end();
    else fail(failed);
  };
  const settle = (): void => {
    waiting--;
    if (waiting < inFlight && call.isPaused() && !ended) call.resume();
    finish();
  };
  const stop = (error: unknown): void => {
    failed ??= error;
    ended = true;
    call.pause();
  };
  call.on('data', (message: Buffer) => {
    if (ended) return;
    if (++waiting >= inFlight) call.pause();
    const answered = answer(message);
    // A rejection is handled in its turn below; until then it must not count as unhandled.
    answered.catch(() => {});
    tail = tail.then(async () => {
      try {
        const response = await answered;
        // Counted until it is on its way, so that a caller who reads no answers is not read from either.
        if (!call.cancelled && !broken) return void call.write(response, settle);
      } catch (error) {
        broken = true;
        stop(error);
      }
      settle();
    });
  });
  call.on('end', () => {
    ended = true;
    finish();
  });
  call.on('cancelled', () => {
    ended = true;
  });
  return {
    drain: (error) => {
      stop(error);
      finish();
    },
  };
};
