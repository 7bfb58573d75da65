import {
  type AlertDraft,
  AlertSeverity,
  AlertType,
  encodeAlert,
  encodeReport,
  joinFields,
} from '@therapytrain/alerts-core';

/** How many alerts a batch holds, everywhere in the bench. */
export const batchAlerts = 100;

// No request id: each of the copies that a load generator sends is then kept as an alert of its own.
const draft: AlertDraft = {
  type: AlertType.AUTH_FAILURE,
  severity: AlertSeverity.HIGH,
  message:
    'Failed password for invalid user therapist-4711 from 203.0.113.45 port 51022 ssh2 on host edge-07 (attempt 5 since 06:57 UTC)',
  metadata: {
    userId: 'therapist-4711',
    ipAddress: '203.0.113.45',
    method: 'password',
    attempts: 5,
    host: 'edge-07.eu-central.training.example',
    sessionId: '8c1d0f52-6f0e-4c3e-9a55-0d7c1c9b2f10',
    invalidUser: true,
  },
  occurredAt: Date.UTC(2026, 10, 24, 7, 0, 0, 123),
};

const fingerprint = 'f'.repeat(32);
const alertId = '019aa000-0000-7000-8000-000000000000';

/** The alert that every contender gets, as its reporter says it. */
export const benchDraft = (): AlertDraft => ({ ...draft });

/** The same alert of another user, and so of another incident for each number. */
export const numberedDraft = (number: number): AlertDraft => ({
  ...draft,
  metadata: { ...draft.metadata, userId: `therapist-${number}` },
});

/** The same as a `ReportAlertRequest`. */
export const reportBody = (): Uint8Array => encodeReport(draft);

/** A `ReportAlertsRequest` of so many of them. */
export const batchBody = (alerts: number): Buffer => {
  const body = reportBody();
  return joinFields(Array.from({ length: alerts }, () => [1, body] as const));
};

/** A `ReportAlertsRequest` of so many that are alike but for their user; they are numbered from `first`. */
export const numberedBatchBody = (first: number, alerts: number): Buffer =>
  joinFields(Array.from({ length: alerts }, (_, each) => [1, encodeReport(numberedDraft(first + each))] as const));

/** The alert as the gateway keeps it, but for its sequence. */
export const keptBody = (): Uint8Array =>
  encodeAlert({
    ...draft,
    id: alertId,
    severity: draft.severity ?? AlertSeverity.HIGH,
    metadata: draft.metadata ?? {},
    source: 'anonymous',
    occurredAt: draft.occurredAt ?? 0,
    receivedAt: draft.occurredAt ?? 0,
    fingerprint,
    dedupKey: '',
    traceParent: '',
  });

// A sequence of seven digits, as most in a run have.
const sequence = [0x10, 0x80, 0x89, 0x7a];

/** A `ReportAlertResponse` of the size that the gateway's have. */
export const receiptBody = (): Buffer => Buffer.concat([joinFields([[1, alertId]]), Buffer.from(sequence)]);

/** A `ReportAlertsResponse` of so many receipts. */
export const receiptsBody = (alerts: number): Buffer => {
  const result = joinFields([[1, receiptBody()]]);
  return joinFields(Array.from({ length: alerts }, () => [1, result] as const));
};

/** A `StreamAlertsResponse` of the size that the gateway's have: alert, sequence and cursor. */
export const eventBody = (): Buffer => {
  const alert = Buffer.concat([keptBody(), Buffer.from(sequence)]);
  const cursor = 'c'.repeat(43);
  return joinFields([
    [
      1,
      joinFields([
        [1, alert],
        [2, cursor],
      ]),
    ],
  ]);
};

/** A message as gRPC frames it: not compressed, its length, its bytes. */
export const framed = (message: Uint8Array): Buffer => {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
};

const counterDigits = 10;
const counterHole = '#'.repeat(counterDigits);

const alertmanagerAlert = {
  labels: {
    alertname: draft.type,
    severity: 'high',
    source: 'anonymous',
    userId: `therapist-${counterHole}`,
    ipAddress: '203.0.113.45',
    method: 'password',
    host: 'edge-07.eu-central.training.example',
  },
  annotations: { summary: draft.message, attempts: '5', sessionId: '8c1d0f52-6f0e-4c3e-9a55-0d7c1c9b2f10' },
};

/** One post of so many alerts, each of a user of its own; they are numbered from `first`. */
export const numberedPost = (first: number, alerts: number): string =>
  JSON.stringify(
    Array.from({ length: alerts }, (_, each) => ({
      ...alertmanagerAlert,
      labels: { ...alertmanagerAlert.labels, userId: `therapist-${first + each}` },
    })),
  );

/** The number in what {@link numberedPost} called a user. */
export const numberOf = (userId: string): number => Number(userId.slice('therapist-'.length));

/** Posts to Alertmanager: the same bytes again and again, but for a counter that makes each alert's labels its own. */
export interface Posts {
  /** The next request, headers and all. The bytes are good until the next call. */
  next(): Buffer;
}

/** Prepares posts of so many alerts each, for one connection; its counter begins after `first`. */
export const createPosts = (host: string, alerts: number, first: number): Posts => {
  const body = JSON.stringify(Array.from({ length: alerts }, () => alertmanagerAlert));
  const head = [
    'POST /api/v2/alerts HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
  const holes: number[] = [];
  for (let at = request.indexOf(counterHole); at >= 0; at = request.indexOf(counterHole, at + 1)) holes.push(at);
  let counter = first;
  return {
    next: () => {
      for (const hole of holes) {
        let rest = ++counter;
        for (let digit = counterDigits - 1; digit >= 0; digit--) {
          request[hole + digit] = 48 + (rest % 10);
          rest = Math.floor(rest / 10);
        }
      }
      return request;
    },
  };
};
