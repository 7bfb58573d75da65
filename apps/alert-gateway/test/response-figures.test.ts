import { expect, test } from '@jest/globals';
import type { Response } from '@therapytrain/alerts-core';
import { createMemoryStore, testPorts } from '@therapytrain/alerts-testkit';
import { responseFigures } from '../src/response-figures.ts';

const setUp = () => {
  const ports = testPorts();
  const store = createMemoryStore(ports);
  const now = ports.clock.now();
  const responseOf = (changes: Partial<Response> = {}): Response => ({
    ...{
      id: ports.ids.next(),
      version: 1,
      state: 'in_force',
      mode: 'enforce',
      playbook: 'p',
      step: 0,
      responder: 'lock',
    },
    ...{ target: { kind: 'user', value: 'anna', resource: '' }, args: {}, severity: 3, incident: ports.ids.next() },
    ...{
      source: 'sign-in',
      origin: '',
      summary: '',
      reason: '',
      createdAt: now,
      updatedAt: now,
      span: 60_000,
      rung: 0,
    },
    ...{ from: now, until: now + 60_000, asked: now, approvers: 0, approvals: [], by: '', extensions: 0, policy: '' },
    ...changes,
  });
  return { ...ports, store, now, responseOf, figures: responseFigures(store, ports.clock) };
};

test('every response that stands is counted, and none that has ended', async () => {
  const { store, responseOf, figures } = setUp();
  const responses = Array.from({ length: 2_345 }, () => responseOf());
  for (let at = 0; at < responses.length; at += 500) await store.commit({ responses: responses.slice(at, at + 500) });
  await store.commit({ responses: [responseOf({ state: 'reverted' }), responseOf({ state: 'waiting' })] });
  const standing = await figures.standing();
  expect([standing.length, new Set(standing).size]).toEqual([2_346, 2_346]);
});

test('guards, decisions and enforcers are those of the store', async () => {
  const { store, now, ids, figures } = setUp();
  await store.commit({
    trips: [{ scope: 'all', until: now + 1_000 }],
    killSwitch: { on: true, by: 'ann', reason: 'a drill', at: now },
  });
  expect(await figures.guards()).toMatchObject({ killSwitch: { on: true }, trips: [{ scope: 'all' }] });
  const decision = {
    ...({ id: ids.next(), kind: 'lock_account', target: 'anna', resource: '', perMinute: 0, from: now } as const),
    ...{ until: now + 60_000, playbook: 'p', incident: ids.next() },
  };
  await store.putDecision(decision, 1);
  const newest = await store.newestDecisionChange();
  await store.noteEnforcer({ name: 'web', kinds: [], cursor: newest, at: now });
  expect(await figures.decisions()).toEqual([{ kind: 'lock_account', decisions: 1 }]);
  expect(await figures.enforcers()).toMatchObject({ all: [{ name: 'web', cursor: newest }], newest });
});
