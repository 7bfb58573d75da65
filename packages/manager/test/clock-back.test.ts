import { describe, expect, test } from '@jest/globals';
import type { Response } from '@therapytrain/alerts-core';
import { createMemoryStore, testPorts } from '@therapytrain/alerts-testkit';
import { createClockBack } from '../src/clock-back.ts';
import { defaultPolicy } from '../src/policy/create.ts';
import { createLeases } from '../src/leases.ts';
import type { RespondingParts } from '../src/responding.ts';

const day = 86_400_000;

const setup = () => {
  const ports = testPorts();
  const { clock, ids } = ports;
  const store = createMemoryStore({ clock });
  const facts = () => ({ policy: defaultPolicy, now: clock.now(), ids });
  const look = createClockBack({ store, ports, facts } as unknown as RespondingParts, createLeases(clock));
  /** A response as it is planned by a clock that is so far ahead. */
  const planned = async (ahead: number): Promise<string> => {
    const at = clock.now() + ahead;
    const response: Response = {
      ...{ id: ids.next(), version: 1, state: 'planned', mode: 'enforce', playbook: 'p', step: 0, responder: 'lock' },
      ...{ target: { kind: 'user', value: 'anna', resource: '' }, args: {}, severity: 3, incident: '', source: 'gate' },
      ...{ origin: '', summary: '', reason: '', createdAt: at, updatedAt: at, span: 5_000, rung: 0, from: undefined },
      ...{ until: at + 5_000, asked: undefined, approvers: 0, approvals: [], by: '', extensions: 0, policy: 'x' },
    };
    await store.commit({ responses: [response] });
    return response.id;
  };
  const isDueSoon = async (id: string): Promise<boolean> => {
    const { until = Infinity } = (await store.response(id)) ?? {};
    return until <= clock.now() + 5_000;
  };
  return { clock, look, planned, isDueSoon };
};

describe('a wall clock that jumps back', () => {
  test('what was planned by it before is looked at at once', async () => {
    const { clock, look, planned, isDueSoon } = setup();
    clock.set(clock.now() + day);
    await look();
    const id = await planned(0);
    clock.set(clock.now() - day);
    await look();
    expect(await isDueSoon(id)).toBe(true);
  });

  test.each([
    [2, true],
    [59, true],
    [61, false],
  ])('what is written by it %d s after it has jumped is looked at too: %s', async (seconds, isSeen) => {
    const { clock, look, planned, isDueSoon } = setup();
    clock.set(clock.now() + day);
    await look();
    clock.set(clock.now() - day);
    await look();
    await clock.advance(seconds * 1_000);
    const id = await planned(day);
    await look();
    expect(await isDueSoon(id)).toBe(isSeen);
  });
});
