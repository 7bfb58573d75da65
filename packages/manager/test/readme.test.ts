import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { AlertManager } from '@therapytrain/alerts-manager';
import { startAlerts } from './readme-example.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

afterEach(() => AlertManager.reset());

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it rings for what cannot wait', async () => {
  const rung: string[] = [];
  const manager = startAlerts(async (text) => void rung.push(text));
  expect(AlertManager.getInstance()).toBe(manager);
  await manager.handleSystemHealth('db', 'degraded');
  const { id, source } = await manager.handleSystemHealth('db', 'down');
  await manager.idle();
  expect(rung).toEqual([`SYSTEM_HEALTH ${id}`]);
  expect(source).toBe('login-service');
});
