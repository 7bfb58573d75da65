import { beforeAll, describe, expect, test } from '@jest/globals';
import type { AlertServiceClient, WireSeverity } from '@therapytrain/alerts-api';
import { createPolicy, policySchema } from '@therapytrain/alerts-manager';
import { requestIdOf } from '@therapytrain/alerts-testkit';
import { kept, openGateway, refusalOf, refused, reportMany, type Saying, saying, seenBy } from './support.ts';

const policy = createPolicy(policySchema.parse({ types: { NO_DEFAULT: { title: 'Without a default' } } }));

let client: AlertServiceClient;
beforeAll(async () => {
  ({ client } = await openGateway({ policy: () => policy }, 'all'));
});

describe('each rule of a field', () => {
  const canary = 'zq7canary';
  const day = 86_400_000;
  const keys = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${canary}${at}`, canary]));
  const nested = (levels: number): unknown => (levels === 0 ? canary : { [canary]: nested(levels - 1) });

  const cases: [string, Saying, string][] = [
    ['a request id that is no UUID', { requestId: canary }, 'request_id'],
    ['a request id with more after it', { requestId: `${requestIdOf(1)} ${canary}` }, 'request_id'],
    ['no type', { type: '' }, 'type'],
    ['a type in small letters', { type: canary }, 'type'],
    ['a type that is too long', { type: 'X'.repeat(65) }, 'type'],
    ['a type that begins with a digit', { type: '7ZQ' }, 'type'],
    ['a severity that is none', { severity: 99 as WireSeverity }, 'severity'],
    ['no severity where the type has no default', { type: 'NO_DEFAULT' }, 'severity'],
    ['the same for a type that nobody declared', { type: 'UNDECLARED' }, 'severity'],
    ['no message', { message: '' }, 'message'],
    ['a message that is too long', { message: canary.padEnd(8193, 'x') }, 'message'],
    ['a message that is too long in UTF-8 only', { message: canary + 'é'.repeat(4092) }, 'message'],
    ['a message with a control character', { message: `${canary}\u0007` }, 'message'],
    ['65 keys', { metadata: keys(65) }, 'metadata'],
    ['an empty key', { metadata: { '': canary } }, 'metadata'],
    ['a key that is too long', { metadata: { [canary.padEnd(65, 'x')]: canary } }, 'metadata'],
    ['a key with a line feed', { metadata: { [`${canary}\n`]: canary } }, 'metadata'],
    ['the key constructor', { metadata: { constructor: canary } as unknown as Record<string, string> }, 'metadata'],
    ['the key prototype, deep down', { metadata: { [canary]: { a: { prototype: canary } } } }, 'metadata[0]'],
    ['a value that is too long', { metadata: { ok: 1, [canary]: canary.padEnd(1025, 'x') } }, 'metadata[1]'],
    [
      'a value that is too long, of a key that is known',
      { metadata: { userId: canary.padEnd(1025, 'x') } },
      'metadata.userId',
    ],
    ['a value with a control character', { metadata: { userId: `${canary}\u0000` } }, 'metadata.userId'],
    ['a number that is none', { metadata: { [canary]: Number.NaN } }, 'metadata[0]'],
    ['a number without end', { metadata: { attempts: Number.POSITIVE_INFINITY } }, 'metadata.attempts'],
    ['a value 9 levels deep', { metadata: nested(10) as Record<string, string> }, 'metadata[0]'],
    ['a time more than a day ahead', { occurredAt: new Date(Date.now() + day + 60_000) }, 'occurred_at'],
    ['a time before the year 1', { occurredAt: new Date(-62_135_596_800_001) }, 'occurred_at'],
    ['a time after the year 9999', { occurredAt: new Date(253_402_300_800_000) }, 'occurred_at'],
    ['a dedup key that is too long', { dedupKey: canary.padEnd(257, 'x') }, 'dedup_key'],
    ['a dedup key of two lines', { dedupKey: `${canary}\n` }, 'dedup_key'],
    ['a trace parent that is none', { traceParent: canary }, 'trace_parent'],
    ['a trace parent of another version', { traceParent: `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }, 'trace_parent'],
  ];

  test.each(cases)('%s', async (_name, say, field) => {
    const canaries = { message: `the ${canary} message`, dedupKey: canary, metadata: { [canary]: canary } };
    const refusal = await refused(client, { ...canaries, ...say }, `${canary}-service`);
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID', retryAfter: undefined });
    expect(Object.keys(refusal.fields)).toEqual([field]);
    expect(refusal.message).toContain(
      `${field.replace(/_./, (each) => each[1]?.toUpperCase() ?? '')}: ${refusal.fields[field]}`,
    );
    expect(seenBy(refusal).toLowerCase()).not.toContain(canary);
  });

  test('and just within each of them all is well', async () => {
    await kept(client, {
      requestId: '00000000-0000-0000-0000-000000000000',
      type: 'X'.repeat(64),
      severity: 1,
      message: 'é'.repeat(4096),
      metadata: { ...keys(63), ['k'.repeat(64)]: 'v'.repeat(1000) },
      occurredAt: new Date(Date.now() + day - 60_000),
      dedupKey: 'é'.repeat(128),
    });
    await kept(client, { occurredAt: new Date(-62_135_596_800_000) });
  });

  test('all that are broken are named at once', async () => {
    const { fields } = await refused(client, {
      type: '',
      message: '',
      requestId: 'x',
      dedupKey: '\n',
      traceParent: 'x',
    });
    expect(Object.keys(fields).sort()).toEqual(['dedup_key', 'message', 'request_id', 'trace_parent', 'type']);
  });

  test('holds in a batch too, for each alert by itself', async () => {
    const bad = cases.map(([, say]) => saying({ message: `the ${canary} message`, ...say }));
    const good = saying({ message: 'a neighbour' });
    const { answers, refusal } = await reportMany(client, [bad.flatMap((each) => [good, each])], `${canary}-service`);
    expect(refusal).toBeUndefined();
    const results = answers[0]?.results ?? [];
    expect(results).toHaveLength(2 * cases.length);
    for (const [at, [, , field]] of cases.entries()) {
      expect(results[2 * at]?.result?.$case).toBe('receipt');
      const { result } = results[2 * at + 1] ?? {};
      if (result?.$case !== 'error') throw new Error(`${field} was kept`);
      const each = refusalOf(result.value);
      expect(Object.keys(each.fields)).toEqual([field]);
      expect(seenBy(each).toLowerCase()).not.toContain(canary);
    }
  });
});
