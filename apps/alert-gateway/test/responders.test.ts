import { expect, test } from '@jest/globals';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import type { Responder, ResponderKind, ResponderPorts } from '@therapytrain/alerts-core/responder';
import type { ResponderSettings } from '@therapytrain/alerts-manager';
import { testPorts } from '@therapytrain/alerts-testkit';
import { z } from 'zod';
import { createResponders } from '../src/responders.ts';

const done: Outcome = { kind: 'done', proof: 'took it' };
const noFeed = { put: async () => true, end: async () => true };
const step = {} as Parameters<Responder['respond']>[0];
const attempt = { key: 'k', number: 1, fence: 1, signal: new AbortController().signal };

const settings = (to: string, kind = 'test'): ReadonlyMap<string, ResponderSettings> => {
  const budget = { targets: 1, window: 1_000 };
  return new Map([['one', { name: 'one', kind, target: 'user', options: { to }, reversible: true, budget }]]);
};

const setup = (reversible: boolean) => {
  const { clock, ...ports } = testPorts();
  const closed: string[] = [];
  let finish = (): void => undefined;
  const kind: ResponderKind = {
    ...{ kind: 'test', target: 'user', idempotent: true, reversible },
    options: z.strictObject({ to: z.string() }),
    args: z.strictObject({}),
    create: (options) => {
      const wait = (): Promise<Outcome> => new Promise((resolve) => (finish = () => resolve(done)));
      return {
        preview: () => ({ summary: 'nothing', reversible }),
        respond: wait,
        ...(reversible && { revert: wait }),
        check: async () => done,
        close: async () => void closed.push((options as { readonly to: string }).to),
      };
    },
  };
  const all: ResponderPorts = { clock, ...ports, decisions: noFeed };
  const responders = createResponders({
    kinds: new Map([['test', kind]]),
    ports: all,
    wrap: (_, responder) => responder,
  });
  return { responders, closed, clock, finish: () => finish() };
};

test.each(['respond', 'revert'] as const)('one that is replaced is closed when its %s has ended', async (act) => {
  const { responders, closed, clock, finish } = setup(true);
  responders.prepare(settings('a')).use();
  const outcome = responders.get('one')?.responder[act]?.(step, attempt);
  responders.prepare(settings('b')).use();
  await clock.advance(120_000);
  expect(closed).toEqual([]);
  finish();
  await expect(outcome).resolves.toEqual(done);
  await clock.advance(0);
  expect(closed).toEqual(['a']);
  await responders.close();
  expect(closed).toEqual(['a', 'b']);
});

test('one that takes nothing back does not seem to', () => {
  const { responders } = setup(false);
  responders.prepare(settings('a')).use();
  expect(responders.get('one')?.responder.revert).toBeUndefined();
});

test.each([
  ['a kind that there is not', settings('a', 'nope'), 'responders.one: there is no responder of this kind'],
  ['options that break a rule', settings(7 as never), 'responders.one: to: '],
])('%s changes nothing', (_, wanted, message) => {
  const { responders } = setup(true);
  responders.prepare(settings('a')).use();
  expect(() => responders.prepare(wanted)).toThrow(message);
  expect(responders.get('one')).toBeDefined();
});
