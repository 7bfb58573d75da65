import { expect, test } from '@jest/globals';
import { logChecks, logContract, type TestRunner } from '@therapytrain/alerts-testkit';
import { openArrayLog } from './array-log.ts';

const listed = (durable: boolean): string[] => {
  const names: string[] = [];
  const runner: TestRunner = { describe: (_, define) => define(), test: (name) => void names.push(name) };
  logContract('a log', openArrayLog(), { durable, runner });
  return names;
};

test('a durable log is held to every promise', () => {
  expect(listed(true)).toEqual(logChecks.map(({ name }) => name));
});

test('a log that dies with its process is held to all but what must survive that', () => {
  const survival = logChecks.filter(({ needs }) => needs !== undefined).map(({ name }) => name);
  expect(survival).toHaveLength(6);
  expect(listed(false)).toEqual(listed(true).filter((name) => !survival.includes(name)));
});

test('a durable log that cannot be reopened fails, rather than passes unseen', async () => {
  const check = logChecks.find(({ needs }) => needs === 'reopen');
  const open = async () => {
    const { log, ports, dispose } = await openArrayLog()();
    return { log, ports, dispose };
  };
  await expect(check?.check(open)).rejects.toThrow('reopen()');
});
