import { describe, expect, test } from '@jest/globals';
import { ResponseServiceClient } from '@therapytrain/alerts-api';
import { createAlertClient } from '@therapytrain/alerts-client';
import { AlertError, type Response, responseModes, responseStates, systemPorts } from '@therapytrain/alerts-core';
import {
  createDecisionFeed,
  type KillSwitch,
  type ResponseCommand,
  type ResponseDesk,
} from '@therapytrain/alerts-manager';
import { createMemoryStore } from '@therapytrain/alerts-testkit';
import { credentials } from '@grpc/grpc-js';
import { after, openGateway } from './support.ts';

const base = Date.parse('2026-11-24T07:00:00.250Z');
const idOf = (n: number): string => `0193f1c2-7b2a-7000-8000-5${n.toString(16).padStart(11, '0')}`;
const states = Object.keys(responseStates) as Response['state'][];

const responseOf = (n: number, said: Partial<Response> = {}): Response => ({
  id: idOf(n),
  version: 3,
  state: states[n % states.length] ?? 'waiting',
  mode: responseModes[n % responseModes.length] ?? 'approve',
  playbook: n % 2 === 0 ? 'brute-force' : 'spray',
  step: 1,
  responder: 'block-address',
  target: { kind: 'address', value: '192.0.2.7', resource: '' },
  args: { perMinute: 30, note: 'a "b"', urgent: true },
  severity: 3,
  incident: idOf(900 + (n % 3)),
  source: 'login',
  summary: 'the address is refused by every service for 1 h',
  reason: 'approved',
  createdAt: base + n,
  updatedAt: base + n + 5,
  span: 3_600_000,
  from: base + n + 6,
  until: base + n + 3_600_006,
  approvers: 2,
  approvals: [{ by: 'ann', at: base + 7 }],
  by: 'bob',
  extensions: 4,
  ...{ origin: '192.0.2.7', rung: 1, asked: base + n + 3_600_006 },
  policy: '0123456789ab',
  ...said,
});

/** What people ask of responses, over a list of them: what the engine does with it is not asked here. */
const createSmallDesk = (all: readonly Response[]) => {
  const asked: unknown[] = [];
  let killSwitch: KillSwitch = { on: false, by: '', reason: '', at: 0 };
  const one = (id: string): Response => {
    const found = all.find((each) => each.id === id);
    if (!found) throw new AlertError('RESPONSE_NOT_FOUND', 'no response of this id is known');
    return found;
  };
  const change = (call: string, state: Response['state']) => async (command: ResponseCommand) => {
    asked.push([call, command]);
    const found = one(command.response);
    if (found.state === 'expired') throw new AlertError('RESPONSE_NOT_OPEN', 'the response does not wait');
    if (found.approvals.some(({ by }) => by === command.by) && call === 'approve') {
      throw new AlertError('OWN_APPROVAL', 'it was approved by the same already');
    }
    return { ...found, state, by: command.by };
  };
  const desk: ResponseDesk = {
    response: async (id) => one(id),
    responses: async ({ states: wanted, incident, playbook, before, limit }) =>
      all
        .filter(({ state }) => wanted?.includes(state) ?? true)
        .filter(
          (each) => (incident ?? each.incident) === each.incident && (playbook ?? each.playbook) === each.playbook,
        )
        .filter(({ id }) => before === undefined || id < before)
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit),
    approve: change('approve', 'planned'),
    reject: change('reject', 'rejected'),
    revert: change('revert', 'reverting'),
    killSwitch: async () => killSwitch,
    setKillSwitch: async (command) => {
      asked.push(['kill switch', command]);
      return (killSwitch = { on: command.on, by: command.by, reason: command.reason, at: base });
    },
  };
  return { desk, asked };
};

const open = async (all: readonly Response[] = []) => {
  const ports = systemPorts();
  const decisions = createDecisionFeed(createMemoryStore(ports), ports.clock);
  const { desk, asked } = createSmallDesk(all);
  const { gateway } = await openGateway({ inMemory: true, responses: desk, decisions });
  const client = createAlertClient({ address: gateway.address, source: 'alice' });
  after(() => client.close());
  return { client, decisions, asked, address: gateway.address };
};

describe('ResponseService', () => {
  test('tells all there is of a response, with its target as a field of its own', async () => {
    const all = [
      responseOf(1),
      responseOf(2, {
        target: { kind: 'access', value: 'u-1', resource: 'files' },
        span: 0,
        from: undefined,
        until: undefined,
      }),
      responseOf(3, { target: { kind: 'user', value: 'u-2', resource: '' }, approvals: [], incident: '' }),
    ];
    const { client } = await open(all);
    for (const { origin: _origin, rung: _rung, asked: _asked, ...each } of all) {
      expect(await client.responses.get(each.id)).toEqual({
        ...each,
        args: { perMinute: '30', note: '"a \\"b\\""', urgent: 'true' },
        enforcing: 0,
        enforcers: 0,
      });
    }
  });

  test('knows every state and mode', async () => {
    const all = states.map((_, n) => responseOf(n));
    const { client } = await open(all);
    const { responses } = await client.responses.list({ pageSize: 100 });
    expect(responses.map(({ state, mode }) => [state, mode])).toEqual(
      all.toReversed().map(({ state, mode }) => [state, mode]),
    );
  });

  test('lists page by page, by state, incident and playbook; a page token is good for the same list alone', async () => {
    const all = Array.from({ length: 45 }, (_, n) => responseOf(n));
    const { client } = await open(all);
    const wanted = { states: ['waiting', 'in_force', 'observed'], playbook: 'brute-force' } as const;
    const first = await client.responses.list({ ...wanted, pageSize: 2 });
    const second = await client.responses.list({ ...wanted, pageSize: 50, pageToken: first.nextPageToken });
    const expected = all.filter(
      ({ state, playbook }) => wanted.states.includes(state as never) && playbook === 'brute-force',
    );
    expect([...first.responses, ...second.responses].map(({ id }) => id)).toEqual(
      expected.map(({ id }) => id).reverse(),
    );
    expect(second.nextPageToken).toBe('');
    const other = client.responses.list({ pageToken: first.nextPageToken });
    await expect(other).rejects.toMatchObject({ code: 'PAGE_TOKEN_INVALID' });
    const ofIncident = await client.responses.list({ incident: idOf(901).toUpperCase() });
    expect(ofIncident.responses).toHaveLength(15);
  });

  test('tells for what is in force how many enforce it', async () => {
    const inForce = responseOf(1, { state: 'in_force' });
    const { client, decisions } = await open([inForce]);
    const { clock } = systemPorts();
    await decisions.put(
      {
        ...{ id: inForce.id, kind: 'block_address', target: '192.0.2.7', resource: '', perMinute: 0 },
        ...{ from: clock.now(), until: clock.now() + 60_000, playbook: 'brute-force', incident: '' },
      },
      1,
    );
    await decisions.acknowledge({ name: 'old', kinds: [], cursor: 0 });
    await decisions.acknowledge({ name: 'new', kinds: [], cursor: await decisions.newest() });
    expect(await client.responses.get(inForce.id)).toMatchObject({ enforcing: 1, enforcers: 2 });
    expect((await client.responses.list()).responses[0]).toMatchObject({ enforcing: 1, enforcers: 2 });
  });

  test('approves, rejects and reverts in the name of the caller, under the id of the request', async () => {
    const { client, asked } = await open([responseOf(1)]);
    const requestId = idOf(77);
    const approved = await client.responses.approve(idOf(1).toUpperCase(), { comment: 'seen', requestId });
    expect(approved).toMatchObject({ state: 'planned', by: 'alice' });
    expect(await client.responses.reject(idOf(1))).toMatchObject({ state: 'rejected' });
    expect(await client.responses.revert(idOf(1))).toMatchObject({ state: 'reverting' });
    expect(asked).toEqual([
      ['approve', { by: 'alice', request: requestId, response: idOf(1), comment: 'seen' }],
      ['reject', { by: 'alice', request: expect.any(String), response: idOf(1), comment: '' }],
      ['revert', { by: 'alice', request: expect.any(String), response: idOf(1), comment: '' }],
    ]);
  });

  test('turns the kill switch, and tells who did', async () => {
    const { client } = await open();
    expect(await client.killSwitch.get()).toEqual({ on: false, by: '', reason: '', at: undefined });
    const on = { on: true, by: 'alice', reason: 'it blocks our proxy', at: base };
    expect(await client.killSwitch.set(true, 'it blocks our proxy')).toEqual(on);
    expect(await client.killSwitch.get()).toEqual(on);
  });

  test('refuses what is wrong, by field', async () => {
    const approvals = [{ by: 'alice', at: base }];
    const { client, address } = await open([responseOf(1, { approvals }), responseOf(2, { state: 'expired' })]);
    const refused = async (call: Promise<unknown>) => {
      const error = await call.then(
        () => undefined,
        (thrown: AlertError) => thrown,
      );
      return [error?.code, ...(error?.violations ?? []).map(({ field }) => field)];
    };
    expect(await refused(client.responses.get('x'))).toEqual(['FIELD_INVALID', 'responseId']);
    expect(await refused(client.responses.get(idOf(9)))).toEqual(['RESPONSE_NOT_FOUND']);
    expect(await refused(client.responses.approve(idOf(1)))).toEqual(['OWN_APPROVAL']);
    expect(await refused(client.responses.reject(idOf(2)))).toEqual(['RESPONSE_NOT_OPEN']);
    expect(await refused(client.responses.revert('x', { requestId: 'y', comment: '\u0000' }))).toEqual([
      ...['FIELD_INVALID', 'requestId', 'responseId', 'comment'],
    ]);
    expect(await refused(client.killSwitch.set(true, ' '))).toEqual(['FIELD_INVALID', 'reason']);
    expect(await refused(client.responses.list({ incident: 'x', playbook: 'p'.repeat(129) }))).toEqual([
      ...['FIELD_INVALID', 'incidentId', 'playbook'],
    ]);
    const bare = new ResponseServiceClient(address, credentials.createInsecure());
    after(() => bare.close());
    const unknown = new Promise((resolve) => {
      bare.listResponses({ pageSize: 1, pageToken: '', states: [99 as never], incidentId: '', playbook: '' }, (error) =>
        resolve(error?.details),
      );
    });
    expect(await unknown).toContain('states');
  });
});
