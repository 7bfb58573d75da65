import { status as grpc } from '@grpc/grpc-js';
import { AlertServiceService } from '@therapytrain/alerts-api';
import { AlertError, type AppendResult } from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import { decodeResults } from './results.ts';
import { errorOfCall } from '../status.ts';

/** What a stream of reports tells. */
export interface ReportStreamEvents {
  /** The oldest message that was not answered yet is. */
  readonly onResults: (results: readonly AppendResult[]) => void;
  /** The stream is over, and nothing more will be answered; called once. Undefined if it ended without an error. */
  readonly onEnd: (error: AlertError | undefined) => void;
}

/** One `ReportAlerts` call. */
export interface ReportStream {
  /** Sends one encoded `ReportAlertsRequest`. */
  write(message: Buffer): void;
  /** Says that nothing more will be written; the gateway then ends the stream. */
  end(): void;
  /** Breaks the stream off, with `onEnd`. */
  cancel(error: AlertError): void;
}

const { path } = AlertServiceService.reportAlerts;

/** Opens a stream of reports. */
export const openReportStream = (link: Link, { onResults, onEnd }: ReportStreamEvents): ReportStream => {
  const call = link.bidi(path);
  let over = false;
  const end = (error: AlertError | undefined): void => {
    if (over) return;
    over = true;
    onEnd(error);
  };
  const cancel = (error: AlertError): void => {
    end(error);
    call.cancel();
  };
  call.on('data', (message: Buffer) => {
    if (over) return;
    try {
      onResults(decodeResults(message));
    } catch (error) {
      cancel(
        error instanceof AlertError
          ? error
          : new AlertError('DEFECT', 'an answer was not understood', { cause: error }),
      );
    }
  });
  // What went wrong is in the status; without a listener it would be thrown as well.
  call.on('error', () => {});
  call.on('status', (status) => end(status.code === grpc.OK ? undefined : errorOfCall(status)));
  return { write: (message) => void call.write(message), end: () => void call.end(), cancel };
};
