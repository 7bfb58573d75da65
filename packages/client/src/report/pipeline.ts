import { AlertError, type AppendResult, type Clock, joinFields, type Millis } from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import type { Outgoing } from './outgoing.ts';
import { openReportStream, type ReportStream } from './report-stream.ts';

/** Messages on their way over one stream at a time, each with the reports in it. */
export interface Pipeline {
  /** Sends one message, over a new stream if there is none. */
  write(reports: readonly Outgoing[]): void;
  /** How many messages wait for their answer. */
  inFlight(): number;
  /** When the oldest of them was sent, in monotonic time. */
  oldest(): Millis | undefined;
  each(visit: (report: Outgoing) => void): void;
  /** Breaks the stream off. */
  breakOff(error: AlertError): void;
  /** Ends the stream; nothing should be in flight. */
  close(): Promise<void>;
}

/** What a pipeline needs. */
export interface PipelineParts {
  readonly link: Link;
  readonly clock: Clock;
  /** A message was answered; the results are in the order of its reports. */
  readonly onAnswered: (reports: readonly Outgoing[], results: readonly AppendResult[]) => void;
  /** The stream is over before these reports were answered. There may be none: a stream may end between reports. */
  readonly onOver: (unanswered: readonly Outgoing[], error: AlertError) => void;
}

interface Flight {
  readonly reports: readonly Outgoing[];
  readonly sentAt: Millis;
}

const goodbye = 1_000;

/** Makes a pipeline. The gateway answers in order, so that the first answer is to the first message. */
export const createPipeline = ({ link, clock, onAnswered, onOver }: PipelineParts): Pipeline => {
  let flights: Flight[] = [];
  let stream: ReportStream | undefined;
  let onGoodbye = (): void => {};

  const onResults = (results: readonly AppendResult[]): void => {
    const flight = flights[0];
    if (flight?.reports.length !== results.length) throw new AlertError('DEFECT', 'an answer does not fit its request');
    flights.shift();
    onAnswered(flight.reports, results);
  };
  const onEnd = (error: AlertError | undefined): void => {
    stream = undefined;
    onGoodbye();
    const unanswered = flights.flatMap(({ reports }) => reports);
    flights = [];
    onOver(unanswered, error ?? new AlertError('GATEWAY_UNAVAILABLE', 'the gateway ended the stream'));
  };
  return {
    write: (reports) => {
      flights.push({ reports, sentAt: clock.monotonic() });
      stream ??= openReportStream(link, { onResults, onEnd });
      stream.write(joinFields(reports.map(({ encoded }) => [1, encoded])));
    },
    inFlight: () => flights.length,
    oldest: () => flights[0]?.sentAt,
    each: (visit) => {
      for (const { reports } of flights) reports.forEach(visit);
    },
    breakOff: (error) => stream?.cancel(error),
    close: async () => {
      const last = stream;
      if (!last) return;
      const ended = new Promise<void>((resolve) => void (onGoodbye = resolve));
      const patience = new AbortController();
      last.end();
      await Promise.race([ended, clock.sleep(goodbye, patience.signal).catch(() => {})]);
      patience.abort();
      last.cancel(new AlertError('CLOSED', 'the client was closed'));
    },
  };
};
