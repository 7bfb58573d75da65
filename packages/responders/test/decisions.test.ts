import { describe, expect, test } from '@jest/globals';
import { parseOptions } from '@therapytrain/alerts-core/channel';
import {
  type Decision,
  decisionKinds,
  longestSession,
  type ResponderKind,
  type Step,
  type TargetKind,
} from '@therapytrain/alerts-core/responder';
import { testPorts } from '@therapytrain/alerts-testkit';
import * as responders from '@therapytrain/alerts-responders';
import { attempt, from, stepOf } from './support/step.ts';

const { blockAddress, lockAccount, revokeAccess, revokeSessions, stepUp, suspectAddress, throttleAddress } = responders;

const open = (kind: ResponderKind, options = {}) => {
  const put: (readonly [Decision, number])[] = [];
  const decisions = {
    put: async (decision: Decision, fence: number) => put.push([decision, fence]) > 0,
    end: async () => true,
  };
  const responder = kind.create(parseOptions(kind.options, options), { ...testPorts(), decisions });
  return { responder, put };
};

const targets: Readonly<Record<TargetKind, Step['target']>> = {
  address: { kind: 'address', value: '203.0.113.7', resource: '' },
  user: { kind: 'user', value: 'anna.berg', resource: '' },
  access: { kind: 'access', value: 'anna.berg', resource: '/notes/7' },
};

const common = { id: stepOf().id, resource: '', perMinute: 0, from, until: from + 3_600_000 };
const about = { playbook: 'block-brute-force', incident: stepOf().incident };

test.each<[ResponderKind, Step['args'], Partial<Decision>, string]>([
  [blockAddress, {}, { kind: 'block_address' }, 'requests from the address are refused by every service for 1h'],
  [
    throttleAddress,
    { per_minute: 30 },
    { kind: 'throttle_address', perMinute: 30 },
    'every service takes 30 requests a minute from the address for 1h',
  ],
  [
    throttleAddress,
    {},
    { kind: 'throttle_address', perMinute: 60 },
    'every service takes 60 requests a minute from the address for 1h',
  ],
  [
    suspectAddress,
    {},
    { kind: 'suspect_address' },
    'every service looks at the address more closely, and refuses nothing for it for 1h',
  ],
  [lockAccount, {}, { kind: 'lock_account' }, 'the user cannot sign in for 1h'],
  [revokeAccess, {}, { kind: 'revoke_access', resource: '/notes/7' }, 'the user may not reach the resource for 1h'],
  [stepUp, {}, { kind: 'step_up' }, 'the user must prove who they are with a second factor for 1h'],
  [
    revokeSessions,
    {},
    { kind: 'revoke_sessions', until: from + longestSession },
    'all sessions of the user that have begun are ended',
  ],
])('$kind puts its decision, with the fence of the attempt', async (kind, args, expected, summary) => {
  const { responder, put } = open(kind);
  const step = stepOf({ target: targets[kind.target], args, ...(kind.reversible ? {} : { until: undefined }) });
  expect(responder.preview(step)).toEqual({ summary, reversible: kind.reversible });
  expect(await responder.respond(step, { ...attempt, fence: 7 })).toEqual({
    kind: 'done',
    proof: 'the decision is in force',
  });
  expect(put).toEqual([[{ ...common, ...about, target: targets[kind.target].value, ...expected }, 7]]);
});

test('there is one responder for each decision of the closed list, on the target that the list says', () => {
  const exported: readonly unknown[] = Object.values(responders);
  const kinds = exported.filter(
    (each): each is ResponderKind => typeof each === 'object' && each !== null && 'create' in each,
  );
  const named = Object.fromEntries(kinds.map((kind) => [kind.kind.replaceAll('-', '_'), kind.target]));
  for (const [decision, [target]] of Object.entries(decisionKinds)) {
    expect([decision, named[decision]]).toEqual([decision, decision === 'revoke_access' ? 'access' : target]);
  }
  expect(kinds).toHaveLength(8);
});

describe('the target', () => {
  test.each([
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['203.0.113.99/24', '203.0.113.0/24'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
  ])('%s goes on in its one form', async (value, target) => {
    const { responder, put } = open(blockAddress);
    await responder.respond(stepOf({ target: { kind: 'address', value, resource: '' } }), attempt);
    expect(put.map(([decision]) => decision.target)).toEqual([target]);
  });

  test.each<[string, ResponderKind, Step['target']]>([
    ['no address', blockAddress, { kind: 'address', value: 'anna.berg', resource: '' }],
    ['a user for an address', blockAddress, { kind: 'user', value: '203.0.113.7', resource: '' }],
    ['an access without its resource', revokeAccess, { kind: 'access', value: 'anna.berg', resource: '' }],
    ['no user', lockAccount, { kind: 'user', value: '', resource: '' }],
  ])('%s is refused', async (_, kind, target) => {
    const { responder, put } = open(kind);
    expect(await responder.respond(stepOf({ target }), attempt)).toMatchObject({ kind: 'reject', reason: 'refused' });
    expect(put).toEqual([]);
  });
});

describe('how long', () => {
  test('what names no time lasts as long as one may', async () => {
    const { responder, put } = open(blockAddress, { longest: '2h' });
    await responder.respond(stepOf({ until: undefined }), attempt);
    expect(put[0]?.[0].until).toBe(from + 7_200_000);
  });

  test.each([
    [7_200_000, 'done'],
    [7_200_001, 'misconfigured'],
  ])('%d ms of at most 2h: %s', async (span, kind) => {
    const { responder } = open(blockAddress, { longest: '2h' });
    const outcome = await responder.respond(stepOf({ until: from + span }), attempt);
    expect(outcome.kind).toBe(kind);
  });

  test.each(['0s', '999ms', '91d', '1', ''])('longest %j is refused', (longest) => {
    expect(() => open(blockAddress, { longest })).toThrow(/longest/);
  });
});

test.each([{ per_minute: 0 }, { per_minute: 1.5 }, { per_minute: 'many' }, { per_minute: 1_000_001 }, { other: 1 }])(
  'args %j are refused, and nothing is put',
  async (args) => {
    const { responder, put } = open(throttleAddress);
    const step = stepOf({ args: args as Step['args'] });
    expect(await responder.respond(step, attempt)).toMatchObject({ kind: 'misconfigured', reason: 'bad_options' });
    expect(responder.preview(step).summary).toMatch(/^nothing/);
    expect(put).toEqual([]);
  },
);
