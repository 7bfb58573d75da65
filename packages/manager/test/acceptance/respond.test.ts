import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AlertError, AlertSeverity, type Response } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { createPolicy, type EngineParts, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { testPorts } from '@therapytrain/alerts-testkit';
import { createMemoryLog } from '@therapytrain/alerts-manager';
import { createMemoryStore, epoch } from '@therapytrain/alerts-testkit';
import { createFakeTarget, fakeKinds, type FakeTarget } from './fake-target.ts';
import { createWorld, type World } from './world.ts';

const { HIGH } = AlertSeverity;
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const policyOf = (source: PolicySource) => createPolicy(policySchema.parse(source), undefined, { kinds: fakeKinds });

const base = {
  channels: { mail: { kind: 'email' } },
  receivers: { security: { channels: ['mail'] } },
  routes: [{ name: 'all', receivers: ['security'], first_notify_after: '30s' }],
  responders: {
    lock: { kind: 'lock-account', budget: { targets: 100 } },
    block: { kind: 'block-address', budget: { targets: 100 } },
    throttle: { kind: 'throttle-address', budget: { targets: 100 } },
    letter: { kind: 'mail-user' },
  },
  guardrails: { weaponised: { users: 1_000 }, budget: { targets: 1_000 } },
} satisfies PolicySource;

type Built = NonNullable<PolicySource['playbooks']>[number];

const lockBook = {
  name: 'brute-force',
  when: "type == 'AUTH_FAILURE'",
  mode: 'enforce',
  steps: [{ responder: 'lock', target: 'userId', for: '5m' }],
  budget: { targets: 100 },
} satisfies Built;

const blockBook = {
  name: 'spray',
  when: "type == 'UNUSUAL_ACCESS'",
  mode: 'enforce',
  steps: [{ responder: 'block', target: 'ipAddress', for: ['5m', '1h', '24h'] }],
  budget: { targets: 100 },
} satisfies Built;

describe('what is done by itself, in fake time', () => {
  let world: World;
  let target: FakeTarget;
  let mayAct = true;

  const begin = (playbooks: readonly Built[] = [lockBook], more: Partial<PolicySource> = {}): void => {
    const ports = testPorts();
    const left = {
      ports,
      log: createMemoryLog({ capacity: 100_000 }),
      store: createMemoryStore({ clock: ports.clock }),
    };
    target = createFakeTarget(ports.clock, {
      lock: { kind: 'lock-account', target: 'user' },
      block: { kind: 'block-address', target: 'address' },
      throttle: { kind: 'throttle-address', target: 'address' },
      letter: { kind: 'mail-user', target: 'user', idempotent: false, reversible: false },
    });
    mayAct = true;
    world = createWorld(policyOf({ ...base, playbooks: [...playbooks], ...more }), left, {
      responder: (name) => target.responder(name),
      mayAct: () => mayAct,
    } satisfies Pick<EngineParts, 'responder' | 'mayAct'>);
  };
  beforeEach(() => begin());
  afterEach(() => world.end());

  const failure = (user: string, more: object = {}) => ({
    type: 'AUTH_FAILURE',
    message: 'Failed login',
    severity: HIGH,
    metadata: { userId: user, ...more },
  });
  const access = (address: string) => ({
    type: 'UNUSUAL_ACCESS',
    message: 'Unusual access',
    severity: HIGH,
    metadata: { ipAddress: address, userId: 'someone' },
  });
  const responses = (): Promise<readonly Response[]> => world.store.responses({ limit: 10_000 });
  const only = async (): Promise<Response> => {
    const [response, ...others] = await responses();
    expect(others).toEqual([]);
    if (!response) throw new Error('there is no response');
    return response;
  };
  const statesOf = async (): Promise<readonly string[]> =>
    (await responses()).map(({ state, reason }) => (reason === '' ? state : `${state} ${reason}`)).reverse();
  const raised = async (): Promise<readonly string[]> =>
    (await world.alerts()).filter(({ source }) => source === 'gateway:responses').map(({ type }) => type);
  const actions = async (): Promise<readonly string[]> =>
    (await world.store.audit(0, 10_000)).map(({ action }) => action).filter((each) => each.startsWith('response'));
  const command = (response: string, by = 'robin') => ({ response, by, request: crypto.randomUUID() });
  const timesOf = (what: 'respond' | 'revert') =>
    target.log.filter((each) => each.what === what).map(({ at }) => (at - epoch) / second);

  test('it is done at once, lasts, and is taken back at its time', async () => {
    await world.report(failure('anna'));
    expect(target.acted('lock')).toEqual(['anna']);
    expect(await only()).toMatchObject({ state: 'in_force', until: epoch + 5 * minute, from: epoch });
    await world.at(299);
    expect(target.standing()).toEqual(['user anna']);
    await world.at(301);
    expect(target.standing()).toEqual([]);
    expect(timesOf('revert')).toEqual([300]);
    expect(await statesOf()).toEqual(['reverted']);
    expect(await actions()).toEqual([
      'response.planned',
      'response.respond.begun',
      'response.in_force',
      'response.revert.begun',
      'response.reverted',
    ]);
  });

  test('what was planned by a clock that was a day ahead does not lie for a day, nor last for one', async () => {
    const day = 86_400 * second;
    world.jump(day);
    target.before = () => ({ kind: 'retry', reason: 'peer_failed', detail: '' });
    await world.report(failure('anna'));
    expect(await statesOf()).toEqual(['planned peer_failed']);
    target.before = () => undefined;
    world.jump(-day);
    await world.at(61);
    expect(target.standing()).toEqual(['user anna']);
    expect((await only()).until).toBeLessThanOrEqual(epoch + 61 * second + 5 * minute);
    await world.at(362);
    expect(target.standing()).toEqual([]);
    expect(await statesOf()).toEqual(['reverted']);
  });

  test('no value of the target is in the audit, nor where it came from', async () => {
    await world.report(failure('anna.berg@example.org', { ipAddress: '198.51.100.77' }));
    await world.at(400);
    const audit = JSON.stringify(await world.store.audit(0, 1_000));
    expect(audit).toContain('response.in_force');
    expect(audit).not.toMatch(/anna|198\.51/);
  });

  test('who only observes, suggests or asks changes nothing in the world', async () => {
    for (const mode of ['observe', 'suggest', 'approve'] as const) {
      await world.end();
      begin([{ ...lockBook, mode }]);
      target.before = () => {
        throw new Error('a trap: nothing may be done here');
      };
      await world.report(failure('anna'));
      await world.at(2 * 3_600);
      expect(target.log).toEqual([]);
      expect(await statesOf()).toEqual([mode === 'observe' ? 'observed' : 'expired']);
    }
  });

  test('people are asked where the playbook says so, and not where it only suggests', async () => {
    begin([{ ...lockBook, mode: 'approve' }]);
    await world.report(failure('anna'));
    const { id } = await only();
    await world.at(1);
    expect(world.told('mail', 0, 1)).toEqual(['opened']);
    const { comment } = world.said('mail')[0]?.notice.incident ?? {};
    expect(comment).toContain('Approval is asked (brute-force): lock-account acts');
    expect(comment).toContain(id);
    expect(comment).not.toContain('anna');
    await world.end();
    begin([{ ...lockBook, mode: 'suggest' }]);
    await world.report(failure('anna'));
    await world.at(29);
    expect(world.told('mail', 0, 29)).toEqual([]);
    await world.at(31);
    expect(world.said('mail')[0]?.notice.incident?.comment).toBeUndefined();
  });

  const approveBook = { ...lockBook, mode: 'approve', approve_within: '10m' } satisfies Built;
  /** What each notice by mail told, and how many questions it asked. */
  const told = (): readonly string[] =>
    world.said('mail').map(({ notice: { event, asks = [] } }) => `${event} ${asks.length}`);

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['approved', (id) => world.responses().approve(command(id))],
    ['rejected', (id) => world.responses().reject(command(id))],
    ['ended by its time', () => world.at(600)],
    [
      'ended by a policy that protects the user',
      async () => {
        const guardrails = { ...base.guardrails, protect: { users: ['anna'] } };
        world.setPolicy(policyOf({ ...base, playbooks: [approveBook], guardrails }));
        await world.revertProtected();
      },
    ],
  ])('whoever was asked is told at once that the question is %s', async (_, end) => {
    begin([approveBook]);
    await world.report(failure('anna'));
    await world.at(5);
    expect(told()).toEqual(['opened 1']);
    await end((await only()).id);
    await world.at((world.now() - epoch) / second + 1);
    expect(told()).toEqual(['opened 1', 'updated 0']);
    expect(world.said('mail').at(-1)?.notice.incident?.comment).toBeUndefined();
    expect((await only()).state).not.toBe('waiting');
  });

  test('an answer of several is told with what is still asked; the first of two that are needed is none', async () => {
    const block = { responder: 'block', target: 'ipAddress', for: '5m' };
    begin([{ ...approveBook, approvers: 2, steps: [...approveBook.steps, block] }]);
    await world.report(failure('anna', { ipAddress: '203.0.113.9' }));
    await world.at(5);
    expect(told()).toEqual(['opened 2']);
    const [blocking, locking] = await responses();
    if (!blocking || !locking) throw new Error('there are two');
    await world.responses().approve(command(locking.id, 'robin'));
    await world.at(10);
    expect(told()).toEqual(['opened 2']);
    await world.responses().approve(command(locking.id, 'kim'));
    await world.at(15);
    expect(told()).toEqual(['opened 2', 'updated 1']);
    await world.responses().reject(command(blocking.id, 'kim'));
    await world.at(20);
    expect(told()).toEqual(['opened 2', 'updated 1', 'updated 0']);
  });

  test('what is only suggested is nobody’s question, and of a resolved incident nothing more is told', async () => {
    begin([{ ...approveBook, mode: 'suggest' }]);
    await world.report(failure('anna'));
    await world.at(40);
    await world.responses().reject(command((await only()).id));
    await world.at(60);
    expect(told()).toEqual(['opened 0']);
    await world.end();
    begin([approveBook]);
    await world.report(failure('anna'));
    await world.at(5);
    await world.desk.resolve({ by: 'robin', request: crypto.randomUUID(), incident: (await only()).incident });
    await world.at(10);
    const before = told();
    expect(before.at(-1)).toBe('resolved 1');
    await world.responses().reject(command((await only()).id));
    await world.at(20);
    expect(told()).toEqual(before);
  });

  test('what a maintenance window expects is only suggested; after it is done again, and a silence holds nothing back', async () => {
    const window = { from: new Date(epoch).toISOString(), until: new Date(epoch + hour).toISOString() };
    const maintenance = [{ name: 'load-test', when: "metadata.userId == 'tester'", ...window }];
    begin([lockBook], { maintenance });
    await world.reportAll([failure('tester'), failure('anna')]);
    await world.at(5);
    expect(target.acted('lock')).toEqual(['anna']);
    expect(await statesOf()).toEqual(['waiting maintenance', 'in_force']);
    const [, suggested] = await responses();
    expect(suggested).toMatchObject({ mode: 'suggest', target: { value: 'tester' } });
    await world.at(30 * 60);
    await world.report(failure('tester'));
    expect(target.acted('lock')).toEqual(['anna']);
    // A person may do it all the same.
    await world.responses().approve(command(suggested?.id ?? ''));
    await world.at(30 * 60 + 5);
    expect(target.acted('lock')).toEqual(['anna', 'tester']);
    await world.at(3_700);
    await world.desk.createSilence({
      ...{ by: 'robin', request: crypto.randomUUID(), when: 'true', reason: 'known', upTo: HIGH },
      until: world.now() + hour,
    });
    await world.report(failure('tester'));
    await world.at(3_705);
    expect(target.acted('lock')).toEqual(['anna', 'tester', 'tester']);
  });

  test('one or two persons approve, never the one who reported, and none of them twice', async () => {
    begin([{ ...lockBook, mode: 'approve', approvers: 2 }]);
    await world.report({ ...failure('anna'), source: 'sign-in' });
    const { id } = await only();
    const desk = world.responses();
    await expect(desk.approve(command(id, 'sign-in'))).rejects.toMatchObject({ code: 'OWN_APPROVAL' });
    await expect(desk.approve(command(id, 'anna'))).rejects.toMatchObject({ code: 'OWN_APPROVAL' });
    const first = command(id, 'robin');
    expect(await desk.approve(first)).toMatchObject({ state: 'waiting' });
    expect(await desk.approve(first)).toMatchObject({ state: 'waiting', approvals: [{ by: 'robin' }] });
    await expect(desk.approve(command(id, 'robin'))).rejects.toMatchObject({ code: 'OWN_APPROVAL' });
    expect(target.log).toEqual([]);
    expect(await desk.approve(command(id, 'kim'))).toMatchObject({ state: 'planned' });
    await world.at(1);
    expect(target.acted('lock')).toEqual(['anna']);
    await expect(desk.approve(command(id, 'lee'))).rejects.toMatchObject({ code: 'RESPONSE_NOT_OPEN' });
    await expect(desk.approve(command(crypto.randomUUID()))).rejects.toMatchObject({ code: 'RESPONSE_NOT_FOUND' });
    await world.at(302);
    expect(target.standing()).toEqual([]);
  });

  test('an approval that races with the end of the question: one of both is done', async () => {
    begin([{ ...lockBook, mode: 'approve', approve_within: '1m' }]);
    await world.report(failure('anna'));
    const { id } = await only();
    await world.at(59.999);
    const [, answer] = await Promise.all([
      world.at(60.001),
      world
        .responses()
        .approve(command(id))
        .then(
          ({ state }) => state,
          (error: AlertError) => error.code,
        ),
    ]);
    await world.at(70);
    const { state } = await only();
    expect([answer, state]).toEqual(answer === 'planned' ? ['planned', 'in_force'] : ['RESPONSE_NOT_OPEN', 'expired']);
    expect(target.log.length).toBe(state === 'in_force' ? 1 : 0);
    await world.end();
    begin([{ ...lockBook, mode: 'approve', approve_within: '1m' }]);
    await world.report(failure('anna'));
    await world.at(61);
    expect(await statesOf()).toEqual(['expired']);
    const late = world.responses().approve(command((await only()).id));
    await expect(late).rejects.toMatchObject({ code: 'RESPONSE_NOT_OPEN' });
    expect(target.log).toEqual([]);
  });

  test('what a person rejects is not done, and not asked again for the grace', async () => {
    begin([{ ...lockBook, mode: 'approve' }]);
    await world.report(failure('anna'));
    await world.responses().reject(command((await only()).id));
    await world.at(60);
    await world.report(failure('anna'));
    expect(await statesOf()).toEqual(['rejected', 'refused grace']);
    await world.at(25 * 3_600);
    await world.report(failure('anna'));
    expect(await statesOf()).toEqual(['rejected', 'refused grace', 'waiting']);
    expect(target.log).toEqual([]);
  });

  test('500 users of one address: nobody is locked out beyond the bound, the address is blocked, people are told', async () => {
    begin([lockBook, blockBook], { guardrails: { weaponised: { users: 5 } } });
    const users = Array.from({ length: 500 }, (_, user) => failure(`user-${user}`, { ipAddress: '203.0.113.9' }));
    await world.reportAll(users);
    await world.at(5);
    expect(target.acted('lock')).toEqual([]);
    expect(target.acted('block')).toEqual(['203.0.113.9']);
    expect(await raised()).toContain('RESPONSE_ABUSE');
    expect((await raised()).filter((type) => type === 'RESPONSE_ABUSE').length).toBeLessThanOrEqual(2);
    await world.at(40);
    expect(world.said('mail').some(({ notice }) => notice.headline.includes('Responses are used as a weapon'))).toBe(
      true,
    );
  });

  test('500 users of one address, one after another: five are locked out, then the address is blocked', async () => {
    begin([lockBook, blockBook], { guardrails: { weaponised: { users: 5 } } });
    for (let user = 0; user < 500; user++) await world.report(failure(`user-${user}`, { ipAddress: '203.0.113.9' }));
    expect(target.acted('lock')).toEqual([0, 1, 2, 3, 4].map((user) => `user-${user}`));
    expect(target.acted('block')).toEqual(['203.0.113.9']);
    await world.at(301);
    expect(target.standing()).toEqual([]);
  });

  test('an abused reporter with many addresses: its users are left alone, and none of the addresses is acted on', async () => {
    begin([lockBook, blockBook], { guardrails: { weaponised: { users: 5 } } });
    const users = Array.from({ length: 50 }, (_, user) => failure(`user-${user}`, { ipAddress: `203.0.113.${user}` }));
    await world.reportAll(users, 'bad-one');
    await world.at(5);
    expect(target.log).toEqual([]);
    expect(await raised()).toEqual(['RESPONSE_ABUSE']);
    await world.report({ ...failure('anna', { ipAddress: '198.51.100.1' }), source: 'good-one' });
    expect(target.acted('lock')).toEqual(['anna']);
  });

  test('an administrator, everybody, and our own network are never acted on', async () => {
    begin([lockBook, blockBook], {
      guardrails: { protect: { users: ['root'], addresses: ['0.0.0.0/0', '10.0.0.0/8'] } },
    });
    await world.report(failure('root'));
    await world.report(access('0.0.0.0/0'));
    await world.report(access('10.0.0.0/8'));
    await world.at(60);
    expect(target.log).toEqual([]);
    expect(await statesOf()).toEqual(['refused protected', 'refused protected', 'refused protected']);
    expect((await actions()).filter((each) => each === 'response.refused').length).toBe(3);
  });

  test('a range is acted on only when two persons approved it, whatever the playbook says', async () => {
    begin([blockBook]);
    await world.report({ ...access('203.0.113.0/24'), source: 'edge' });
    await world.report(access('203.0.113.7/32'));
    await world.at(1);
    expect(target.acted('block')).toEqual(['203.0.113.7']);
    expect(await statesOf()).toEqual(['waiting wide_target', 'in_force']);
    const waiting = (await responses()).find(({ state }) => state === 'waiting');
    expect(waiting).toMatchObject({ mode: 'approve', approvers: 2, target: { value: '203.0.113.0/24' } });
    const desk = world.responses();
    const id = waiting?.id ?? '';
    await expect(desk.approve(command(id, 'edge'))).rejects.toMatchObject({ code: 'OWN_APPROVAL' });
    expect(await desk.approve(command(id, 'robin'))).toMatchObject({ state: 'waiting' });
    await expect(desk.approve(command(id, 'robin'))).rejects.toMatchObject({ code: 'OWN_APPROVAL' });
    await world.at(2);
    expect(target.acted('block')).toEqual(['203.0.113.7']);
    expect(await desk.approve(command(id, 'kim'))).toMatchObject({ state: 'planned', reason: '' });
    await world.at(3);
    expect(target.acted('block')).toEqual(['203.0.113.7', '203.0.113.0/24']);
    await world.at(303);
    expect(target.standing()).toEqual([]);
  });

  test('a range is asked about with two persons also where the playbook is content with one', async () => {
    begin([{ ...blockBook, mode: 'suggest', approvers: 1 }]);
    await world.report(access('2001:db8::/64'));
    await world.report(access('2001:db8::7'));
    expect((await responses()).map(({ mode, approvers, reason }) => [mode, approvers, reason]).reverse()).toEqual([
      ['suggest', 2, 'wide_target'],
      ['suggest', 1, ''],
    ]);
  });

  test('where the policy does not want two persons for ranges, a range is acted on as an address', async () => {
    const unasked = { guardrails: { ...base.guardrails, wide_needs_approval: false } };
    begin([blockBook], unasked);
    await world.report(access('203.0.113.0/24'));
    expect(target.acted('block')).toEqual(['203.0.113.0/24']);
  });

  test('a policy that begins to want two persons holds for what is planned and not done yet', async () => {
    begin([{ ...blockBook, mode: 'approve' }], { guardrails: { ...base.guardrails, wide_needs_approval: false } });
    await world.report(access('203.0.113.0/24'));
    const { id } = await only();
    world.setPolicy(policyOf({ ...base, playbooks: [{ ...blockBook, mode: 'approve' }] }));
    await world.responses().approve(command(id));
    await world.at(1);
    expect(target.log).toEqual([]);
    expect(await statesOf()).toEqual(['refused wide_target']);
  });

  test('the same refusal is written down once, and counted', async () => {
    begin([lockBook], { guardrails: { protect: { users: ['root'] } } });
    for (let turn = 0; turn < 20; turn++) await world.report(failure('root', { attempts: turn }));
    expect(await only()).toMatchObject({ state: 'refused', reason: 'protected', extensions: 19 });
  });

  test('the last of a group is never locked out', async () => {
    begin([lockBook], { guardrails: { protect: { groups: { admins: { users: ['a', 'b', 'c'] } } } } });
    await world.reportAll(['a', 'b', 'c'].map((user) => failure(user)));
    await world.at(1);
    expect(target.acted('lock')).toEqual(['a', 'b']);
    expect(await statesOf()).toEqual(['in_force', 'in_force', 'refused last_of_group']);
  });

  test('1,000 triggers at once and a budget of 10: exactly 10', async () => {
    begin([{ ...blockBook, budget: { targets: 10 } }]);
    const addressOf = (n: number): string => `203.0.${Math.floor(n / 250)}.${1 + (n % 250)}`;
    await world.reportAll(Array.from({ length: 1_000 }, (_, n) => access(addressOf(n))));
    await world.at(5);
    expect(target.acted('block').length).toBe(10);
    expect(new Set(target.acted('block')).size).toBe(10);
    const states = await statesOf();
    expect(states.filter((each) => each === 'waiting over_budget').length).toBe(990);
    expect(await raised()).toEqual(['RESPONSE_BUDGET']);
    // Until the window has passed everything waits; then it goes on.
    await world.at(3_599);
    await world.report(access('198.51.100.1'));
    expect(target.acted('block').length).toBe(10);
    await world.at(3_601);
    await world.report(access('198.51.100.2'));
    expect(target.acted('block').length).toBe(11);
  });

  test('a list of protected targets that changes between plan and attempt holds', async () => {
    target.before = () => ({ kind: 'retry', reason: 'peer_failed', detail: '' });
    await world.report(failure('anna'));
    target.before = () => undefined;
    world.setPolicy(policyOf({ ...base, playbooks: [lockBook], guardrails: { protect: { users: ['anna'] } } }));
    await world.at(60);
    expect(target.log).toEqual([]);
    expect(await statesOf()).toEqual(['refused protected']);
  });

  test('what stands against a target that is protected from now on is taken back', async () => {
    await world.report(failure('anna'));
    await world.report(failure('ben'));
    expect(target.standing()).toEqual(['user anna', 'user ben']);
    world.setPolicy(policyOf({ ...base, playbooks: [lockBook], guardrails: { protect: { users: ['anna'] } } }));
    expect(await world.revertProtected()).toBe(1);
    await world.at(1);
    expect(target.standing()).toEqual(['user ben']);
    await world.at(301);
    expect(await statesOf()).toEqual(['reverted protected', 'reverted']);
  });

  test('a group that is protected from now on has enough of its users again', async () => {
    await world.reportAll(['a', 'b', 'c', 'x'].map((user) => failure(user)));
    await world.at(1);
    const groups = { admins: { users: ['a', 'b', 'c'], keep: 2 } };
    world.setPolicy(policyOf({ ...base, playbooks: [lockBook], guardrails: { protect: { groups } } }));
    expect(await world.revertProtected()).toBe(2);
    expect(await world.revertProtected()).toBe(0);
    await world.at(2);
    expect(target.standing()).toEqual(['user a', 'user x']);
  });

  test('what must end on time does not wait behind notices, however severe', async () => {
    await world.report({ ...failure('anna'), severity: AlertSeverity.LOW });
    const jobs = await world.store.claim({
      ...{ now: epoch + hour, until: epoch + hour + 1, limit: 1, except: [], unaided: [] },
      perTarget: { default: 1, of: {} },
    });
    expect(jobs.map(({ job }) => job.kind)).toEqual(['response']);
    await world.at(3_700);
  });

  test('what is taken back while it is being done is not in force afterwards', async () => {
    target.before = async ({ attempt }) => {
      await Promise.race([
        world.sleep(10),
        new Promise((resolve) => void attempt.signal.addEventListener('abort', resolve, { once: true })),
      ]);
      return undefined;
    };
    await world.report(failure('anna'));
    const { id, state } = await only();
    expect(state).toBe('executing');
    target.after = () => undefined;
    await world.responses().revert(command(id));
    target.before = () => undefined;
    await world.at(20);
    expect(target.standing()).toEqual([]);
    expect(await only()).toMatchObject({ state: 'reverted', by: 'robin' });
  });

  test('a trigger makes it last longer, and is not a second one', async () => {
    begin([blockBook]);
    await world.report(access('203.0.113.9'));
    await world.at(200);
    await world.report(access('203.0.113.9'));
    expect(target.acted('block').length).toBe(2);
    expect(target.standing()).toEqual(['address 203.0.113.9']);
    expect(await only()).toMatchObject({ state: 'in_force', until: epoch + 500 * second, extensions: 1, rung: 0 });
    await world.at(301);
    expect(target.standing()).toEqual(['address 203.0.113.9']);
    await world.at(501);
    expect(target.standing()).toEqual([]);
    expect(timesOf('revert')).toEqual([500]);
  });

  test('who comes back stays out longer, until it has been quiet for long', async () => {
    begin([blockBook]);
    const spans: number[] = [];
    const once = async (at: number): Promise<void> => {
      await world.at(at);
      await world.report(access('203.0.113.9'));
      const [newest] = await responses();
      spans.push((newest?.span ?? 0) / minute);
    };
    await once(0);
    await once(1_000);
    await once(6_000);
    await once(100_000);
    await once(100_000 + 86_400 + 8 * 86_400);
    expect(spans).toEqual([5, 60, 24 * 60, 24 * 60, 5]);
  });

  test('what our own action causes makes nothing longer, and leads to no next rung', async () => {
    begin([
      {
        ...blockBook,
        when: "type == 'RATE_LIMIT_BREACH'",
        steps: [{ responder: 'throttle', target: 'ipAddress', for: ['5m', '1h'] }],
      },
    ]);
    const breach = { type: 'RATE_LIMIT_BREACH', severity: HIGH, metadata: { ipAddress: '203.0.113.9', endpoint: '/' } };
    await world.report(breach);
    for (let turn = 1; turn < 9; turn++) {
      await world.at(turn * 33);
      await world.report(breach);
    }
    await world.at(301);
    expect(target.standing()).toEqual([]);
    expect(timesOf('revert')).toEqual([300]);
    expect((await responses()).length).toBe(1);
    expect((await actions()).filter((each) => each === 'response.own_action').length).toBe(8);
  });

  test('what a person took back is not done again for the grace', async () => {
    await world.report(failure('anna'));
    await world.responses().revert(command((await only()).id));
    await world.at(1);
    expect(target.standing()).toEqual([]);
    await world.at(3_600);
    await world.report(failure('anna'));
    expect(target.acted('lock').length).toBe(1);
    await world.at(25 * 3_600);
    await world.report(failure('anna'));
    expect(target.acted('lock').length).toBe(2);
    // It was a mistake: the ladder begins where it was.
    expect((await responses())[0]).toMatchObject({ rung: 0 });
  });

  test('alerts that are old when they come cause nothing, unless the playbook says so', async () => {
    const old = { ...failure('anna'), occurredAt: epoch - hour };
    await world.report(old);
    expect(await responses()).toEqual([]);
    expect((await world.store.audit(0, 100)).find(({ action }) => action === 'response.refused')?.facts).toMatchObject({
      reason: 'too_old',
      alerts: 1,
    });
    await world.end();
    begin([{ ...lockBook, also_old: true }]);
    await world.report(old);
    expect(target.acted('lock')).toEqual(['anna']);
  });

  test('the kill switch stops what is planned and what is in flight; what is in force is still taken back', async () => {
    await world.report(failure('anna'));
    let aborted = -1;
    target.before = ({ what, attempt }) => {
      if (what === 'revert') return undefined;
      attempt.signal.addEventListener('abort', () => void (aborted = world.now()));
      // A responder that does not listen.
      return new Promise<Outcome>(() => undefined);
    };
    await world.report(failure('ben'));
    await world.at(10);
    const turned = world.responses().setKillSwitch({ on: true, by: 'robin', reason: 'drill', request: 'r-1' });
    await world.at(10.9);
    expect(await turned).toMatchObject({ on: true, by: 'robin' });
    expect(aborted).toBe(epoch + 10 * second);
    await world.report(failure('carl'));
    expect(await statesOf()).toEqual(['in_force', 'reverted kill_switch', 'stopped kill_switch']);
    await world.at(301);
    expect(target.acted('lock')).toEqual(['anna']);
    expect(target.standing()).toEqual([]);
    target.before = () => undefined;
    await world.responses().setKillSwitch({ on: false, by: 'robin', reason: 'over', request: 'r-2' });
    await world.report(failure('dora'));
    expect(target.acted('lock')).toEqual(['anna', 'dora']);
    await world.at(700);
  });

  test('the kill switch holds across a restart', async () => {
    await world.responses().setKillSwitch({ on: true, by: 'robin', reason: 'drill', request: 'r-1' });
    await world.restart();
    await world.report(failure('anna'));
    await world.at(60);
    expect(target.log).toEqual([]);
    expect(await world.responses().killSwitch()).toMatchObject({ on: true, reason: 'drill' });
  });

  test('while the audit cannot be written nothing is done, and what is in force is still taken back', async () => {
    await world.report(failure('anna'));
    mayAct = false;
    await world.report(failure('ben'));
    expect(await statesOf()).toEqual(['in_force', 'stopped audit_stopped']);
    await world.at(301);
    expect(target.standing()).toEqual([]);
  });

  test('a lease ends after a restart, within seconds of it where it is overdue', async () => {
    await world.report(failure('anna'));
    await world.restart();
    await world.at(200);
    expect(target.standing()).toEqual(['user anna']);
    await world.stop();
    await world.left.ports.clock.advance(hour);
    await world.restart();
    await world.at(200 + 3_600 + 5);
    expect(target.standing()).toEqual([]);
    expect(timesOf('revert')[0]).toBeLessThanOrEqual(200 + 3_600 + 5);
  });

  test('a clock that jumps a day makes a lease end at most a minute late', async () => {
    await world.report(failure('anna'));
    await world.at(100);
    world.jump(-86_400 * second);
    await world.left.ports.clock.advance(200 * second + minute);
    expect(target.standing()).toEqual([]);
    await world.end();
    begin();
    await world.report(failure('anna'));
    world.jump(86_400 * second);
    await world.left.ports.clock.advance(minute);
    expect(target.standing()).toEqual([]);
  });

  test('a clock that jumps a day ahead while something is taken back in vain, and back, puts nothing off', async () => {
    const day = 86_400 * second;
    await world.report(failure('anna'));
    let failed = 0;
    target.before = ({ what }) => {
      if (what !== 'revert' || ++failed > 1) return undefined;
      world.jump(day);
      return { kind: 'ambiguous', reason: 'answer_late', detail: '' };
    };
    await world.at(300);
    expect([failed, target.standing()]).toEqual([1, ['user anna']]);
    world.jump(-day);
    await world.left.ports.clock.advance(minute);
    expect(target.standing()).toEqual([]);
    expect(await statesOf()).toEqual(['reverted']);
  });

  test('what fails is tried again, as long as it would still last', async () => {
    let tries = 0;
    target.before = ({ what }) =>
      what === 'respond' && ++tries < 3 ? { kind: 'retry', reason: 'peer_failed', detail: '500' } : undefined;
    begin([{ ...lockBook, steps: [{ responder: 'lock', target: 'userId', for: '1h' }] }]);
    tries = 0;
    target.before = ({ what }) =>
      what === 'respond' && ++tries < 3 ? { kind: 'retry', reason: 'peer_failed', detail: '500' } : undefined;
    await world.report(failure('anna'));
    expect(await statesOf()).toEqual(['planned peer_failed']);
    await world.at(1_200);
    expect(target.acted('lock')).toEqual(['anna']);
    await world.at(3_601);
    expect(target.standing()).toEqual([]);
  });

  test('what can never be done is told to people', async () => {
    target.before = ({ what }) =>
      what === 'respond' ? { kind: 'reject', reason: 'refused', detail: '404' } : undefined;
    await world.report(failure('anna'));
    await world.planned();
    expect(await statesOf()).toEqual(['dead refused']);
    await world.report(failure('ben'));
    await world.planned();
    const needs = (await world.incidents()).filter(({ title }) => title === 'A response needs a person');
    expect(needs.length).toBe(2);
    expect(await raised()).toEqual(['RESPONSE_FAILED', 'RESPONSE_FAILED']);
    expect(JSON.stringify((await world.alerts()).at(-1)?.metadata)).not.toContain('anna');
  });

  test('what cannot be taken back is tried for more than a day, and then told to people', async () => {
    await world.report(failure('anna'));
    target.before = ({ what }) =>
      what === 'revert' ? { kind: 'retry', reason: 'unreachable', detail: '' } : undefined;
    await world.at(86_400);
    expect(await statesOf()).toEqual(['reverting']);
    await world.at(3 * 86_400);
    expect(await statesOf()).toEqual(['revert_failed unreachable']);
    expect(await raised()).toEqual(['RESPONSE_FAILED']);
    target.before = () => undefined;
    await world.responses().revert(command((await only()).id));
    await world.at(3 * 86_400 + 1);
    expect(target.standing()).toEqual([]);
  });

  test('what cannot be done twice and may have been done is handed to a person, and never tried again', async () => {
    begin([{ ...lockBook, mode: 'approve', steps: [{ responder: 'letter', target: 'userId' }] }]);
    target.after = () => ({ kind: 'ambiguous', reason: 'answer_lost', detail: '' });
    await world.report(failure('anna'));
    await world.responses().approve(command((await only()).id));
    await world.at(7_200);
    expect(target.acted('letter')).toEqual(['anna']);
    expect(target.log.length).toBe(1);
    expect(await statesOf()).toEqual(['unknown not_known']);
    expect(await raised()).toEqual(['RESPONSE_FAILED']);
    expect(await world.responses().reject(command((await only()).id))).toMatchObject({ state: 'rejected' });
  });

  test('an idempotent one whose answer was lost is asked again, and has no second effect', async () => {
    let lost = 0;
    target.after = ({ what }) =>
      what === 'respond' && lost++ === 0 ? { kind: 'ambiguous', reason: 'answer_lost', detail: '' } : undefined;
    await world.report(failure('anna'));
    expect(await statesOf()).toEqual(['executing answer_lost']);
    await world.at(20);
    expect(target.log.map(({ came, attempt }) => [came, attempt.doubtful])).toEqual([
      ['effect', false],
      ['same', true],
    ]);
    await world.at(301);
    expect(target.standing()).toEqual([]);
  });
});
