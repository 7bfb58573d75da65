import assert from 'node:assert/strict';
import {
  type Response,
  type ResponseFactsQuery,
  type ResponseState,
  responseStateNames,
  standingStates,
  type Store,
} from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { rejectsWith } from '../log-checks/subject.ts';
import {
  claim,
  claimOne,
  done,
  idsOf,
  jobOf,
  lease,
  perTarget,
  reopened,
  responseOf,
  type StoreCheck,
  type StoreSubject,
} from './subject.ts';

const changed = (response: Response, changes: Partial<Response>): Response => ({
  ...response,
  ...changes,
  version: response.version + 1,
});

const user = (value: string) => ({ kind: 'user', value, resource: '' }) as const;
const address = (value: string) => ({ kind: 'address', value, resource: '' }) as const;

const asked = (changes: Partial<ResponseFactsQuery> = {}): ResponseFactsQuery => ({
  targets: [],
  changedSince: 0,
  origins: [],
  sources: [],
  madeSince: 0,
  now: 0,
  ...changes,
});

const keepsAsGiven = async ({ store, ports }: StoreSubject): Promise<void> => {
  const one = responseOf(ports);
  const other = responseOf(ports, {
    from: 5,
    until: 9,
    asked: 9,
    approvals: [{ by: 'ann', at: 3 }],
    args: { a: true },
  });
  await store.commit({ responses: [one, other] });
  assert.deepEqual(await store.response(one.id), one);
  assert.deepEqual(await store.response(other.id), other);
  assert.equal(await store.response(ports.ids.next()), undefined);
  const next = changed(one, { state: 'executing', from: 7 });
  await store.commit({ responses: [next] });
  assert.deepEqual(await store.response(one.id), next);
};

const lists = async ({ store, ports }: StoreSubject): Promise<void> => {
  const [a, b, c] = [
    responseOf(ports, { state: 'waiting', incident: 'i-1' }),
    responseOf(ports, { state: 'planned', incident: 'i-1', playbook: 'other' }),
    responseOf(ports, { state: 'reverted', incident: 'i-2' }),
  ];
  await store.commit({ responses: [b, c, a] });
  const ids = async (query: Partial<Parameters<Store['responses']>[0]>) =>
    idsOf(await store.responses({ limit: 10, ...query }));
  assert.deepEqual(await ids({}), [c.id, b.id, a.id]);
  assert.deepEqual(await ids({ limit: 2 }), [c.id, b.id]);
  assert.deepEqual(await ids({ before: c.id, limit: 1 }), [b.id]);
  assert.deepEqual(await ids({ states: ['waiting', 'reverted'] }), [c.id, a.id]);
  assert.deepEqual(await ids({ states: ['waiting'], incident: 'i-2' }), []);
  assert.deepEqual(await ids({ incident: 'i-1' }), [b.id, a.id]);
  assert.deepEqual(await ids({ incident: 'i-1', playbook: 'other', before: c.id }), [b.id]);
};

const refusesStale = async ({ store, ports }: StoreSubject): Promise<void> => {
  const first = responseOf(ports);
  await store.commit({ responses: [first] });
  const second = changed(first, { state: 'executing' });
  await store.commit({ responses: [second] });
  const late = changed(first, { state: 'refused' });
  await rejectsWith('CONFLICT', store.commit({ responses: [late], cursor: 4 }));
  await rejectsWith('CONFLICT', store.commit({ responses: [first] }));
  await rejectsWith('CONFLICT', store.commit({ responses: [responseOf(ports, { version: 2 })] }));
  await rejectsWith('CONFLICT', store.commit({ responses: [{ ...second, version: 4 }] }));
  assert.deepEqual(await store.response(first.id), second);
  assert.equal(await store.cursor(), 0, 'a commit that is refused changes nothing');
};

const tellsOfTargets = async ({ store, ports }: StoreSubject): Promise<void> => {
  const of = (changes: Partial<Response>): Response => responseOf(ports, { target: user('u-1'), ...changes });
  const all = responseStateNames.map((state) => of({ state, updatedAt: 10 }));
  const others = [
    of({ target: user('u-2') }),
    of({ target: address('u-1') }),
    of({ target: { kind: 'access', value: 'u-1', resource: 'r' } }),
  ];
  await store.commit({ responses: [...all, ...others] });
  const ids = async (query: Partial<ResponseFactsQuery>) => idsOf((await store.responseFacts(asked(query))).ofTargets);
  assert.deepEqual(await ids({}), []);
  assert.deepEqual(await ids({ targets: [user('u-1')], changedSince: 10 }), idsOf(all));
  const standing = all.filter(({ state }) => (standingStates as readonly ResponseState[]).includes(state));
  assert.deepEqual(await ids({ targets: [user('u-1'), user('u-1')], changedSince: 11 }), idsOf(standing));
  assert.deepEqual(await ids({ targets: [{ kind: 'access', value: 'u-1', resource: 'r' }] }), idsOf(others.slice(2)));
};

const tellsUses = async ({ store, ports }: StoreSubject): Promise<void> => {
  const of = (changes: Partial<Response>): Response =>
    responseOf(ports, { createdAt: 10, source: 's', origin: '192.0.2.1', ...changes });
  const unasked = of({ mode: 'enforce', target: address('192.0.2.7') });
  const byUser = of({ mode: 'approve', state: 'waiting', target: user('u-1') });
  const byAddress = of({ mode: 'approve', state: 'waiting', target: address('192.0.2.8') });
  const old = of({ mode: 'enforce', createdAt: 9 });
  const none = (['observed', 'refused', 'stopped'] as const).map((state) => of({ mode: 'enforce', state }));
  await store.commit({ responses: [unasked, byUser, byAddress, old, ...none] });
  const ids = async (query: Partial<ResponseFactsQuery>) =>
    idsOf((await store.responseFacts(asked({ madeSince: 10, ...query }))).uses);
  assert.deepEqual(await ids({}), [unasked.id]);
  assert.deepEqual(await ids({ origins: ['192.0.2.1'] }), [unasked.id, byUser.id]);
  assert.deepEqual(await ids({ sources: ['s'], origins: ['192.0.2.1'] }), [unasked.id, byUser.id]);
  assert.deepEqual(await ids({ sources: ['t'], origins: ['192.0.2.2'] }), [unasked.id]);
  assert.deepEqual(await ids({ madeSince: 9 }), [unasked.id, old.id]);
  await store.commit({ responses: [changed(unasked, { state: 'reverted' }), changed(old, { state: 'stopped' })] });
  assert.deepEqual(await ids({ madeSince: 9 }), [unasked.id], 'what was done counts also when it is over');
};

const keepsTrips = async ({ store }: StoreSubject): Promise<void> => {
  await store.commit({
    trips: [
      { scope: 'playbook/b', until: 20 },
      { scope: 'all', until: 10 },
    ],
  });
  await store.commit({ trips: [{ scope: 'all', until: 30 }] });
  const trips = async (now: number) => (await store.responseFacts(asked({ now }))).trips;
  assert.deepEqual(await trips(0), [
    { scope: 'all', until: 30 },
    { scope: 'playbook/b', until: 20 },
  ]);
  assert.deepEqual(await trips(20), [{ scope: 'all', until: 30 }]);
};

const keepsTheSwitch = async (subject: StoreSubject): Promise<void> => {
  const { store } = subject;
  const off = { on: false, by: '', reason: '', at: 0 };
  assert.deepEqual(await store.killSwitch(), off);
  assert.deepEqual((await store.responseFacts(asked())).killSwitch, off);
  const on = { on: true, by: 'ann', reason: 'it locks everybody', at: 7 };
  await store.commit({ killSwitch: on });
  await store.commit({ cursor: 3 });
  assert.deepEqual(await store.killSwitch(), on);
  assert.deepEqual((await store.responseFacts(asked())).killSwitch, on);
};

const isPartOfTheCommit = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await store.commit({ cursor: 5, jobs: [jobOf(ports, { kind: 'response' })] });
  const changes = {
    responses: [responseOf(ports)],
    trips: [{ scope: 'all', until: 10 }],
    killSwitch: { on: true, by: 'ann', reason: '', at: 1 },
  };
  await rejectsWith('DEFECT', store.commit({ ...changes, cursor: 4 }));
  const lost = await claimOne(subject);
  await ports.clock.advance(lease);
  const held = await claimOne(subject);
  assert.deepEqual(await store.settle([{ claim: lost, next: done, changes }]), [false]);
  assert.deepEqual(await store.responses({ limit: 9 }), []);
  const { trips, killSwitch } = await store.responseFacts(asked());
  assert.deepEqual([trips, killSwitch.on], [[], false]);
  assert.deepEqual(await store.settle([{ claim: held, next: done, changes }]), [true]);
  assert.deepEqual(await store.responses({ limit: 9 }), changes.responses);
};

const claimsResponses = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const jobs = Array.from({ length: 3 }, (_, n) =>
    jobOf(ports, { kind: 'response', target: 'mail', response: `r-${n}` }),
  );
  const mail = jobOf(ports);
  await store.commit({ jobs: [...jobs, mail] });
  const by = { perTarget: perTarget(2, { mail: 1 }), except: ['mail'], unaided: ['mail'] };
  const claimed = await claim(subject, by);
  assert.deepEqual(idsOf(claimed), idsOf(jobs.slice(0, 2)), 'two of the responder, none of the channel of its name');
  assert.deepEqual(
    claimed.map(({ job }) => job.response),
    ['r-0', 'r-1'],
  );
  assert.deepEqual(await claim(subject, by), []);
  await store.settle([{ claim: claimed[0] as never, next: done }]);
  assert.deepEqual(idsOf(await claim(subject, { ...by, except: [] })).sort(), idsOf([jobs[2] as never, mail]).sort());
  assert.deepEqual(idsOf(await store.deliveries({ limit: 9 })), [mail.id], 'a response is no delivery');
};

const letsGo = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const at = ports.clock.now();
  const [over, busy, stands] = [
    responseOf(ports, { state: 'reverted' }),
    responseOf(ports, { state: 'dead' }),
    responseOf(ports, { state: 'in_force' }),
  ];
  const trips = [
    { scope: 'all', until: at },
    { scope: 'source/s', until: at + 9_000 },
  ];
  await store.commit({
    responses: [over, busy, stands],
    jobs: [jobOf(ports, { kind: 'response', response: busy.id })],
    trips,
  });
  assert.equal(await store.prune({ before: at, limit: 10 }), 0);
  await ports.clock.advance(2_000);
  assert.equal(await store.prune({ before: at + 1_000, limit: 10 }), 2);
  assert.deepEqual(idsOf(await store.responses({ limit: 9 })), [stands.id, busy.id]);
  assert.deepEqual((await store.responseFacts(asked())).trips, trips.slice(1));
};

const survives = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const response = responseOf(ports, { until: 9 });
  const killSwitch = { on: true, by: 'ann', reason: 'a drill', at: 1 };
  const trips = [{ scope: 'all', until: 10 }];
  const query = asked({ targets: [response.target], origins: ['198.51.100.4'] });
  await store.commit({ responses: [response], killSwitch, trips });
  const before = await store.responseFacts(query);
  const again = await reopened(subject);
  assert.deepEqual(await again.responseFacts(query), before);
  assert.deepEqual(before, { killSwitch, trips, ofTargets: [response], uses: [response] });
};

/** What is promised of responses, of trips and of the kill switch. */
export const responseChecks: readonly StoreCheck[] = [
  promise('responses are kept as they were given', keepsAsGiven),
  promise('responses are listed newest first, by state, incident and playbook', lists),
  promise('a response that was changed since it was read is refused with CONFLICT', refusesStale),
  promise('the responses of targets are told: those that stand, and those that were changed lately', tellsOfTargets),
  promise('what counts against budgets is told', tellsUses),
  promise('a trip takes the place of the one of its scope, and is told until its end', keepsTrips),
  promise('the kill switch is as it was turned last, and off at first', keepsTheSwitch),
  promise('responses, trips and the kill switch are a part of their commit', isPartOfTheCommit),
  promise('responses are claimed by responder, whatever holds a channel of its name', claimsResponses),
  promise('responses that are over, and trips, are let go', letsGo),
  promise('responses, trips and the kill switch outlive the process', survives, 'reopen'),
];
