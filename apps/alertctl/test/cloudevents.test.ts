import { describe, expect, test } from '@jest/globals';
import { alertTypeOf, createCloudEventsFormat } from '../src/import/cloudevents.ts';

const format = createCloudEventsFormat({ now: 0 });
const read = (value: unknown) => format.read(JSON.stringify(value));
const event = { specversion: '1.0', id: 'e-1', source: '/login', type: 'auth.failure' };

test.each([
  ['auth.failure', 'AUTH_FAILURE'],
  ['com.example.Auth-Failed', 'COM_EXAMPLE_AUTH_FAILED'],
  ['--odd..type--', 'ODD_TYPE'],
])('the event type %s becomes %s', (type, expected) => expect(alertTypeOf(type)).toBe(expected));

describe('an event', () => {
  test('takes message, severity and metadata from its data', () => {
    const data = { message: 'Login failed', severity: 'HIGH', metadata: { userId: 'u-17' }, other: 1 };
    expect(read({ ...event, subject: 'door', time: '2026-01-02T00:00:00Z', data })).toEqual({
      kind: 'alert',
      name: '["/login","e-1"]',
      draft: {
        type: 'AUTH_FAILURE',
        severity: 3,
        message: 'Login failed',
        metadata: { userId: 'u-17', eventId: 'e-1', eventSource: '/login', eventSubject: 'door' },
        occurredAt: Date.UTC(2026, 0, 2),
      },
    });
  });

  test('needs none of them', () => {
    expect(read(event)).toMatchObject({ kind: 'alert', draft: { message: 'Event received', severity: undefined } });
  });

  test('carries its trace', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(read({ ...event, traceparent })).toMatchObject({ draft: { traceParent: traceparent } });
  });

  test('is named by source and id, without a way to confuse the two', () => {
    const names = [
      { ...event, source: 'a', id: 'b"c' },
      { ...event, source: 'a"b', id: 'c' },
    ].map((each) => {
      const line = read(each);
      return line.kind === 'alert' && line.name;
    });
    expect(new Set(names).size).toBe(2);
  });
});

test.each([
  [{ ...event, specversion: '0.3' }, 'specversion: is not 1.0'],
  [{ ...event, id: '' }, 'id: is not a text of at least 1 character'],
  [{ ...event, source: 7 }, 'source: is not a text of at least 1 character'],
  [{ ...event, type: '...' }, 'type: is not 1 to 64'],
  [{ ...event, time: 'noon' }, 'time: is not an RFC 3339 time'],
  [{ ...event, data: { severity: 'urgent' } }, 'severity: is not LOW'],
  [[], 'is not a JSON object'],
])('%j is bad', (value, reason) => {
  expect(read(value)).toMatchObject({ kind: 'bad', reason: expect.stringContaining(reason) });
});
