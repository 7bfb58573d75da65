import type { ClientHttp2Stream } from 'node:http2';
import { ReportAlertsResponse } from '@therapytrain/alerts-api';
import { joinFields } from '@therapytrain/alerts-core';
import { grpcHeaders } from '../../bench/load/messages.ts';
import { framed } from '../../bench/payload.ts';
import type { Reconnecting } from './calls.ts';

/** What became of one batch: the gRPC status of each report of it, 0 for kept; undefined where no whole answer came. */
export type BatchEnd = readonly number[] | undefined;

/** A stream of reports, opened again when it has ended. */
export interface ReportStream {
  /** Sends requests of `ReportAlert`, as bytes, in one message. One after the other: the next when this is answered. Never rejects. */
  send(reports: readonly Uint8Array[]): Promise<BatchEnd>;
  close(): void;
}

const headSize = 5;
const patience = 15_000;

/** Gives each whole message of a stream, without its head. */
const readMessages = (stream: ClientHttp2Stream, take: (message: Buffer) => void): void => {
  let rest: Buffer = Buffer.alloc(0);
  stream.on('data', (part: Buffer) => {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    while (rest.length >= headSize && rest.length >= headSize + rest.readUInt32BE(1)) {
      const end = headSize + rest.readUInt32BE(1);
      take(rest.subarray(headSize, end));
      rest = rest.subarray(end);
    }
  });
};

const statusesOf = (message: Buffer): readonly number[] =>
  ReportAlertsResponse.decode(message).results.map(({ result }) => (result?.$case === 'error' ? result.value.code : 0));

/** Makes a stream of reports on a connection. */
export const reportStream = (line: Reconnecting): ReportStream => {
  let stream: ClientHttp2Stream | undefined;
  let answer = (_: BatchEnd): void => {};
  const open = (): ClientHttp2Stream => {
    const opened = line.session().request(grpcHeaders('ReportAlerts'));
    const end = (): void => {
      if (stream !== opened) return;
      stream = undefined;
      answer(undefined);
    };
    opened.on('error', end).on('close', end).on('end', end);
    readMessages(opened, (message) => answer(statusesOf(message)));
    return opened;
  };
  return {
    send: (reports) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => answer(undefined), patience);
        answer = (end) => {
          answer = () => {};
          clearTimeout(timer);
          resolve(end !== undefined && end.length === reports.length ? end : undefined);
        };
        stream ??= open();
        stream.write(framed(joinFields(reports.map((each) => [1, each] as const))));
      }),
    close: () => stream?.close(8),
  };
};
