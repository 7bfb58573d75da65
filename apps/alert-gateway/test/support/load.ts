import {
  type AlertServiceClient,
  type ReportAlertResponse,
  ReportAlertsResponse,
  StreamAlertsResponse,
} from '@therapytrain/alerts-api';
import { type AlertDraft, joinFields } from '@therapytrain/alerts-core';
import { draftOf } from '@therapytrain/alerts-testkit';
import { batchOf, report } from './calls.ts';
import { type PlainCall, plainCall } from './plain-http2.ts';
import type { Refusal } from './refusal.ts';

/** What a reporter did: what was acknowledged under which request id, and why the rest was not. */
export interface Reported {
  readonly acked: Map<string, { readonly alertId: string; readonly sequence: number }>;
  readonly refusals: Refusal[];
}

/** Numbers that no two reporters share, so that no two reports have the same request id. */
export const numbers = (): (() => number) => {
  let next = 0;
  return () => next++;
};

const receiptOf = ({ alertId, sequence }: ReportAlertResponse) => ({ alertId, sequence: Number(sequence) });

/** Reports one alert after the other, until it is told to stop, or is refused for another reason than overload. */
export const reportUnary = async (
  client: AlertServiceClient,
  number: () => number,
  going: () => boolean,
): Promise<Reported> => {
  const acked: Reported['acked'] = new Map();
  const refusals: Refusal[] = [];
  while (going() && refusals.length === 0) {
    const { requestId = '', type, severity = 1, message, metadata = {} } = draftOf(number());
    const { response, refusal } = await report(client, { requestId, type, severity, message, metadata });
    if (response) acked.set(requestId, receiptOf(response));
    else if (refusal.reason !== 'OVERLOADED') refusals.push(refusal);
  }
  return { acked, refusals };
};

/** A reporter that sends batches, some at a time, over one stream. */
export interface BatchReporter {
  readonly call: PlainCall;
  /** Waits for the end of the stream. */
  ended(): Promise<Reported>;
}

/** Sends batches without waiting for answers, as fast as the event loop lets it, until told to stop. */
export const reportBatches = (
  address: string,
  number: () => number,
  size: number,
  going: () => boolean,
): BatchReporter => {
  const sent: string[][] = [];
  const call = plainCall(address, 'ReportAlerts');
  const send = (): void => {
    if (!going()) return call.halfClose();
    const drafts: AlertDraft[] = Array.from({ length: size }, () => ({ ...draftOf(number()) }));
    // No more than a few on their way, as a client would.
    if (sent.length - call.messages.length < 8) {
      sent.push(drafts.map(({ requestId }) => requestId ?? ''));
      call.send(batchOf(drafts));
    }
    setTimeout(send, 1);
  };
  send();
  return {
    call,
    ended: async () => {
      const end = await call.ended();
      const acked: Reported['acked'] = new Map();
      const refusals = end ? [end] : [];
      for (const [at, message] of call.messages.entries()) {
        for (const [inside, { result }] of ReportAlertsResponse.decode(message).results.entries()) {
          const requestId = sent[at]?.[inside] ?? '';
          if (result?.$case === 'receipt') acked.set(requestId, receiptOf(result.value));
        }
      }
      return { acked, refusals };
    },
  };
};

/** The events of a stream, as sequences and cursors. */
export const eventsOf = (call: PlainCall) => {
  const events = call.messages.map((message) => StreamAlertsResponse.decode(message).event);
  return {
    sequences: events.flatMap((event) => (event?.$case === 'alert' ? [Number(event.value.alert?.sequence)] : [])),
    last: events.at(-1),
  };
};

/** An encoded `StreamAlertsRequest` for all alerts, from the start or after a cursor. */
export const streamRequest = (cursor?: string): Buffer =>
  cursor === undefined ? Buffer.from([4 * 8, 1]) : joinFields([[2, cursor]]);
