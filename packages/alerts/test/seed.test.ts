import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AlertManager, AlertSeverity, type HandledAlert } from '@therapytrain/alerts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const original = read('./fixtures/basic-alert-creation.txt');

beforeEach(() => AlertManager.reset());
afterEach(() => AlertManager.reset());

describe('the example "Basic Alert Creation" of the document that the product was created from', () => {
  test('is compiled and run here with only its import path changed', () => {
    const compiled = read('./basic-alert-creation.ts').replace('// prettier-ignore\n', '');
    expect(compiled).toBe(original.replace("'./security'", "'@therapytrain/alerts'"));
    const [, shown] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
    expect(shown).toBe(compiled);
  });

  test('raises the four alerts that it says', async () => {
    const told: HandledAlert[] = [];
    AlertManager.getInstance().registerHandler({ handleAlert: async (alert) => void told.push(alert) });
    await import('./basic-alert-creation.ts');
    await AlertManager.getInstance().idle();
    expect(told.map(({ type, severity, metadata }) => ({ type, severity, metadata }))).toEqual([
      { type: 'AUTH_FAILURE', severity: AlertSeverity.HIGH, metadata: { userId: 'user123', ipAddress: '192.168.1.1' } },
      { type: 'AUTH_FAILURE', severity: AlertSeverity.HIGH, metadata: { userId: 'user123', ipAddress: '192.168.1.1' } },
      {
        type: 'UNUSUAL_ACCESS',
        severity: AlertSeverity.MEDIUM,
        metadata: { userId: 'user123', resource: '/api/sensitive', reason: 'Multiple failed attempts' },
      },
      {
        type: 'RATE_LIMIT_BREACH',
        severity: AlertSeverity.HIGH,
        metadata: { ipAddress: '192.168.1.1', endpoint: '/api/login', requestCount: 100 },
      },
    ]);
    expect(told.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    for (const { timestamp } of told) expect(timestamp).toBeInstanceOf(Date);
  });

  test('runs without any handler, and says nothing on the standard error stream', async () => {
    jest.resetModules();
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    await import('./basic-alert-creation.ts');
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  });
});
