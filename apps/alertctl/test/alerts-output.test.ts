import { describe, expect, test } from '@jest/globals';
import { type Alert, AlertSeverity } from '@therapytrain/alerts-core';
import { alertDrafts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { alertDetails, alertJson, alertLine, alertTable } from '../src/output/alerts.ts';
import { createPaint } from '../src/output/paint.ts';
import { widthOf } from '../src/output/width.ts';

const plain = createPaint(false);
const occurredAt = new Date(2026, 10, 24, 7, 12, 3).getTime();
const now = occurredAt + 180_000;

const alert = (said: Partial<Alert> = {}): Alert => ({
  id: '0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f',
  sequence: 12,
  type: 'AUTH_FAILURE',
  severity: AlertSeverity.HIGH,
  message: 'Login failed',
  metadata: { note: 'not shown', ipAddress: '192.0.2.7', userId: 'u-17', attempts: 3 },
  source: 'login',
  occurredAt,
  receivedAt: occurredAt + 1,
  fingerprint: 'f'.repeat(32),
  dedupKey: '',
  traceParent: '',
  ...said,
});

const hostile = '\u001b]0;owned\u0007\u202e\u200b\r\n\u009b';
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/;

const hostileAlert = alert({
  message: hostile,
  source: hostile,
  type: hostile,
  id: hostile,
  dedupKey: hostile,
  fingerprint: hostile,
  traceParent: hostile,
  metadata: { userId: hostile, [hostile]: { [hostile]: hostile } },
});

describe('an alert on one line', () => {
  test('says when, how bad, what, from whom, and the facts that its type declares', () => {
    expect(alertLine(alert(), plain)).toBe(
      '2026-11-24 07:12:03  HIGH      AUTH_FAILURE       login  Login failed  userId=u-17 ipAddress=192.0.2.7 attempts=3',
    );
  });

  test('shows the first facts of a type that is not known, with quotes where a value is not one word', () => {
    const line = alertLine(
      alert({ type: 'DOOR', metadata: { room: 'two words', open: true, a: '', b: 1, c: 2 } }),
      plain,
    );
    expect(line).toMatch(/room="two words" open=true a="" b=1$/);
  });

  test('is coloured by severity', () => {
    expect(alertLine(alert(), createPaint(true))).toContain('\u001b[31mHIGH\u001b[39m');
  });

  test.each([60, 80, 100, 120])('fits %d columns', (width) => {
    const wide = alert({ message: '长'.repeat(200), metadata: { userId: 'u'.repeat(500) } });
    expect(widthOf(alertLine(wide, createPaint(true), width))).toBeLessThanOrEqual(width);
  });

  test('is one line and within its width, whatever the alert says', () => {
    fc.assert(
      fc.property(alertDrafts(), fc.integer({ min: 40, max: 200 }), (draft, width) => {
        const line = alertLine(alert({ ...draft, severity: draft.severity ?? 1 } as Partial<Alert>), plain, width);
        expect(line).not.toMatch(/[\n\r]/);
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

test('a table of alerts fits the terminal and keeps the ids whole', () => {
  const lines = alertTable([alert(), alert({ message: 'm'.repeat(300) })], now, plain, 90);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(90);
  expect(lines[2]).toMatch(/^3m .*…  0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f$/);
});

test('details show every fact', () => {
  expect(alertDetails(alert({ message: 'first\nsecond' }), now, plain)).toEqual([
    'ID:          0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f',
    'Sequence:    12',
    'Severity:    HIGH',
    'Type:        AUTH_FAILURE',
    'Source:      login',
    'Occurred:    2026-11-24 07:12:03 (3m ago)',
    'Received:    2026-11-24 07:12:03 (2m ago)',
    `Fingerprint: ${'f'.repeat(32)}`,
    'Message:',
    '  first',
    '  second',
    'Metadata:',
    '  note:      "not shown"',
    '  ipAddress: 192.0.2.7',
    '  userId:    u-17',
    '  attempts:  3',
  ]);
});

test.each([
  ['line', [alertLine(hostileAlert, plain)]],
  ['table', alertTable([hostileAlert], now, plain)],
  ['details', alertDetails(hostileAlert, now, plain)],
])('nothing hostile reaches the terminal raw in a %s', (_, lines) => {
  for (const line of lines) expect(line).not.toMatch(raw);
});

test('JSON has the names of the wire', () => {
  expect(alertJson(alert())).toMatchObject({ id: alert().id, sequence: 12, severity: 'HIGH', dedupKey: '' });
  expect(alertJson(alert()).occurredAt).toBe(new Date(occurredAt).toISOString());
});
