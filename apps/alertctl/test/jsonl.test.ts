import { describe, expect, test } from '@jest/globals';
import { createJsonlFormat } from '../src/import/jsonl.ts';

const format = createJsonlFormat({ now: 0 });
const read = (value: unknown) => format.read(JSON.stringify(value));
const least = { type: 'AUTH_FAILURE', message: 'Login failed' };

describe('an alert', () => {
  test('needs a type and a message only', () => {
    expect(read(least)).toMatchObject({ kind: 'alert', draft: least });
  });

  test.each([
    ['HIGH', 3],
    ['high', 3],
    ['ALERT_SEVERITY_CRITICAL', 4],
    [1, 1],
    [null, undefined],
  ])('of severity %j', (severity, expected) => {
    expect(read({ ...least, severity })).toMatchObject({ draft: { severity: expected } });
  });

  test('may say everything, in both spellings of the wire', () => {
    const said = {
      requestId: '0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f',
      metadata: { userId: 'u-17', nested: { list: [1, null] } },
      dedupKey: 'door-1',
      traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    };
    const draft = { ...least, ...said, occurredAt: Date.UTC(2026, 0, 2) };
    expect(read({ ...least, ...said, occurredAt: '2026-01-02T00:00:00Z' })).toMatchObject({ kind: 'alert', draft });
    const snake = {
      ...least,
      request_id: said.requestId,
      metadata: said.metadata,
      dedup_key: said.dedupKey,
      trace_parent: said.traceParent,
      occurred_at: '2026-01-02T01:00:00+01:00',
    };
    expect(read(snake)).toMatchObject({ kind: 'alert', draft });
  });

  test('gets the default severity where it says none', () => {
    const withDefault = createJsonlFormat({ now: 0, defaultSeverity: 2 });
    expect(withDefault.read(JSON.stringify(least))).toMatchObject({ draft: { severity: 2 } });
    expect(withDefault.read(JSON.stringify({ ...least, severity: 'LOW' }))).toMatchObject({ draft: { severity: 1 } });
  });
});

const secret = 'hunter2';

test.each([
  [`{"type":"AUTH_FAILURE","message":"${secret}`, 'is not JSON'],
  [`["${secret}"]`, 'is not a JSON object'],
  [`"${secret}"`, 'is not a JSON object'],
  [JSON.stringify({ ...least, [secret]: 1 }), 'alert: has a key that is not known'],
  [JSON.stringify({ message: secret }), 'type: is required'],
  [JSON.stringify({ ...least, type: secret }), 'type: is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter'],
  [JSON.stringify({ ...least, severity: secret }), 'severity: is not LOW, MEDIUM, HIGH or CRITICAL'],
  [JSON.stringify({ ...least, severity: 7 }), 'severity: is not LOW, MEDIUM, HIGH or CRITICAL'],
  [JSON.stringify({ ...least, occurredAt: secret }), 'occurredAt: is not an RFC 3339 time'],
  [JSON.stringify({ ...least, occurredAt: 17 }), 'occurredAt: is not an RFC 3339 time'],
  [JSON.stringify({ ...least, requestId: secret }), 'requestId: is not a UUID in text form'],
  [JSON.stringify({ ...least, dedupKey: 'a', dedup_key: 'b' }), 'dedupKey: is given twice'],
  [JSON.stringify({ ...least, metadata: [secret] }), 'metadata: is not a map'],
  ['{"type":"AUTH_FAILURE","message":"x","metadata":{"__proto__":1}}', /refused key/],
  [JSON.stringify({ ...least, message: `\u0000${secret}` }), 'message: has a control character'],
])('%s is bad, and the reason does not quote it', (line, reason) => {
  const result = format.read(line);
  expect(result).toMatchObject({ kind: 'bad', reason: expect.stringMatching(reason) });
  expect(JSON.stringify(result)).not.toContain(secret);
});

test.each(['', '   '])('a blank line is skipped', (line) => {
  expect(format.read(line)).toEqual({ kind: 'skipped', reason: 'blank' });
});
