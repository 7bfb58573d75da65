import { expect, test } from '@jest/globals';
import type { NewAuditEntry, Response } from '@therapytrain/alerts-core';
import { createMemoryStore, testPorts } from '@therapytrain/alerts-testkit';
import { withCommitments } from '../src/commitments.ts';

const setUp = () => {
  const ports = testPorts();
  const now = ports.clock.now();
  const store = createMemoryStore(ports);
  const asked: string[] = [];
  const commit = async (of: string, value: string): Promise<string> => {
    asked.push(`${of} ${value}`);
    return `sealed ${asked.length}`;
  };
  const responseOf = (changes: Partial<Response> = {}): Response => ({
    ...{ id: ports.ids.next(), version: 1, state: 'planned', mode: 'enforce', playbook: 'p', step: 0, responder: 'r' },
    ...{ target: { kind: 'user', value: 'anna', resource: '' }, args: {}, severity: 3, incident: ports.ids.next() },
    ...{ source: 's', origin: '', summary: '', reason: '', createdAt: now, updatedAt: now, span: 0, rung: 0 },
    ...{ from: undefined, until: undefined, asked: undefined, approvers: 0, approvals: [], by: '', extensions: 0 },
    policy: '',
    ...changes,
  });
  const entryOf = (
    subject: string,
    action = 'response.planned',
    facts: NewAuditEntry['facts'] = { state: 'planned' },
  ) => ({ at: now, actor: 'gateway', action, subject, facts }) satisfies NewAuditEntry;
  return { store, asked, responseOf, entryOf, committing: withCommitments(store, commit) };
};

test('an entry about a response says whom it is about, in the commit that brings it and in later ones', async () => {
  const { store, asked, responseOf, entryOf, committing } = setUp();
  const user = responseOf();
  const access = responseOf({ target: { kind: 'access', value: 'ben', resource: 'notes/7' } });
  await committing.commit({ responses: [user, access], audit: [entryOf(user.id), entryOf(access.id)] });
  // One that changes nothing but is told.
  await committing.commit({ audit: [entryOf(user.id, 'response.revert.retried')] });
  expect((await store.audit(0, 10)).map(({ facts }) => facts)).toEqual([
    { state: 'planned', target: 'sealed 1' },
    { state: 'planned', target: 'sealed 2', resource: 'sealed 3' },
    { state: 'planned', target: 'sealed 4' },
  ]);
  expect(asked).toEqual(['anna anna', 'ben ben', 'ben notes/7', 'anna anna']);
});

test('what is about no response, or about many, stays as it is', async () => {
  const { store, asked, entryOf, committing } = setUp();
  const entries = [
    entryOf('lock', 'response.refused', { reason: 'too_old', alerts: 3 }),
    entryOf('kill_switch', 'kill_switch.on', {}),
    entryOf('nobody knows it'),
  ];
  await committing.commit({ audit: entries });
  expect((await store.audit(0, 10)).map(({ facts }) => facts)).toEqual(entries.map(({ facts }) => facts));
  expect(asked).toEqual([]);
});

test('where the commitment cannot be had, nothing is written', async () => {
  const { store, responseOf, entryOf } = setUp();
  const response = responseOf();
  const away = withCommitments(store, () => Promise.reject(new Error('away')));
  await expect(away.commit({ responses: [response], audit: [entryOf(response.id)] })).rejects.toThrow('away');
  expect(await store.response(response.id)).toBeUndefined();
});
