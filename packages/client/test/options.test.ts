import { credentials } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { type AlertError } from '@therapytrain/alerts-core';
import { alertClientOptions, createAlertClient } from '../src/index.ts';

const refusal = (make: () => unknown): AlertError => {
  try {
    make();
  } catch (error) {
    return error as AlertError;
  }
  throw new Error('it was expected to be refused');
};

describe('options', () => {
  test('have defaults', () => {
    expect(alertClientOptions.parse({})).toEqual({
      address: '127.0.0.1:50051',
      insecure: false,
      deadline: 5_000,
      retry: { attempts: 5, initialDelay: 100, maxDelay: 10_000, budgetRatio: 0.1 },
      batch: { maxAlerts: 64, maxBatches: 8, maxWaiting: 16_384 },
      keepaliveTime: 120_000,
      keepaliveTimeout: 20_000,
    });
  });

  test('all say what they are', () => {
    const undescribed = (shape: Readonly<Record<string, { description?: string | undefined }>>) =>
      Object.entries(shape)
        .filter(([, { description }]) => !description)
        .map(([name]) => name);
    expect(undescribed(alertClientOptions.shape)).toEqual([]);
    expect(undescribed(alertClientOptions.shape.retry.def.innerType.shape)).toEqual([]);
    expect(undescribed(alertClientOptions.shape.batch.def.innerType.shape)).toEqual([]);
    expect(undescribed(alertClientOptions.shape.spool.def.innerType.shape)).toEqual([]);
  });

  test.each([
    ['a misspelt one', { adress: 'x' } as object, 'options'],
    ['a source with a space', { source: 'a b' }, 'source'],
    ['a batch over 256', { batch: { maxAlerts: 257 } }, 'batch.maxAlerts'],
    ['a deadline of 0', { deadline: 0 }, 'deadline'],
    ['a spool without a directory', { spool: {} }, 'spool.directory'],
  ])('are refused for %s, and the field is named', (_, options, field) => {
    const error = refusal(() => createAlertClient(options));
    expect(error).toMatchObject({ code: 'FIELD_INVALID', violations: [{ field }] });
  });
});

describe('a connection without encryption', () => {
  test.each([
    '127.0.0.1:50051',
    '127.8.9.10:1',
    'localhost:50051',
    'localhost',
    '[::1]:50051',
    'dns:localhost:1',
    'dns:///127.0.0.1:1',
    'ipv4:127.0.0.1:50051',
    'ipv6:[::1]:50051',
    'unix:/run/alerts.sock',
  ])('is made to %s', async (address) => {
    await createAlertClient({ address }).close();
  });

  test.each([
    '192.0.2.1:50051',
    'alerts.example:50051',
    'localhost.example:1',
    '127.0.0.1.example:1',
    'ipv4:192.0.2.1:1,127.0.0.1:1',
    'dns://192.0.2.1/localhost.example:1',
  ])('is not made to %s, and the address is not told', (address) => {
    const error = refusal(() => createAlertClient({ address }));
    expect(error.code).toBe('NOT_CONFIGURED');
    expect(error.message).not.toContain(address);
  });

  test('is made anywhere if that is allowed, or with credentials', async () => {
    await createAlertClient({ address: '192.0.2.1:1', insecure: true }).close();
    await createAlertClient({ address: '192.0.2.1:1' }, { credentials: credentials.createSsl() }).close();
  });
});
