import { describe, expect, test } from '@jest/globals';
import type { Decision } from '@therapytrain/alerts-core';
import { epoch } from '@therapytrain/alerts-testkit';
import { deskRun } from './support/desk-run.ts';
import { idOf, incidentOf, responseOf } from './support/small-client.ts';

const lines = (text: string): string[] => text.split('\n').slice(0, -1);
const inForce = responseOf(2, {
  state: 'in_force',
  from: epoch,
  until: epoch + 3_600_000,
  enforcing: 1,
  enforcers: 2,
  reason: 'approved',
});
const access = responseOf(3, {
  state: 'dead',
  responder: 'revoke-access',
  target: { kind: 'access', value: 'u-1\u001b', resource: 'files' },
  until: undefined,
});

describe('responses', () => {
  test('list shows where they are, and how many enforce them', async () => {
    const { exitCode, out } = await deskRun({ responses: [responseOf(1), inForce, access] }, ['responses', 'list']);
    expect(exitCode).toBe(0);
    expect(lines(out)).toEqual([
      'ID        AGE  STATE     ENDS    RESPONDER      TARGET           ENFORCED  PLAYBOOK     INCIDENT  REASON',
      '00000001  1m   waiting   in 10m  block-address  192.0.2.1                  brute-force  00000001',
      '00000002  2m   in_force  in 1h   block-address  192.0.2.2        1 of 2    brute-force  00000001  approved',
      String.raw`00000003  3m   dead              revoke-access  u-1\x1b (files)            brute-force  00000001`,
    ]);
  });

  test('list asks for what is wanted, page by page', async () => {
    const responses = Array.from({ length: 1_200 }, (_, n) => responseOf(n));
    const words = ['responses', 'list', '--state', 'waiting', '--state', 'DEAD', '--incident', '00000001'];
    const { out, has } = await deskRun({ responses, incidents: [incidentOf(1)] }, [
      ...words,
      ...['--playbook', 'brute-force', '--all', '--json'],
    ]);
    expect(lines(out)).toHaveLength(1_200);
    const wanted = { states: ['waiting', 'dead'], incident: idOf('incident', 1), playbook: 'brute-force' };
    expect(has.asked.find(([call]) => call === 'responses')?.[1]).toMatchObject(wanted);
    expect(JSON.parse(lines(out)[1] ?? '')).toMatchObject({
      id: idOf('response', 1),
      state: 'waiting',
      target: { kind: 'address', value: '192.0.2.1', resource: '' },
      startsAt: null,
      lengthMs: 3_600_000,
    });
  });

  test.each([40, 60, 80, 100])('list fits a terminal of %d columns', async (columns) => {
    const responses = [responseOf(1, { target: { kind: 'user', value: 'u'.repeat(200), resource: 'r'.repeat(200) } })];
    const { out } = await deskRun({ responses }, ['responses', 'list'], { columns });
    for (const line of lines(out)) expect(line.length).toBeLessThanOrEqual(Math.max(columns, 62));
  });

  test('show tells everything of one', async () => {
    const approvals = [{ by: 'carol', at: epoch - 1_000 }];
    const response = { ...inForce, approvals, args: { perMinute: '30' }, extensions: 2 };
    const { out } = await deskRun({ responses: [response] }, ['responses', 'show', '00000002']);
    expect(out).toContain(`ID:          ${response.id}`);
    expect(out).toContain('What:        the address is refused by every service for 1 h');
    expect(out).toContain('Playbook:    brute-force, step 1 (approve)');
    expect(out).toContain('Args:        perMinute=30');
    expect(out).toContain('Enforced by: 1 of 2');
    expect(out).toMatch(/Approved: {4}carol, /);
  });

  test.each([
    ['approve', 'planned', 'Approve it?'],
    ['revert', 'reverting', 'Take it back?'],
  ])('%s asks first, and tells what it is about', async (verb, state, question) => {
    const responses = [responseOf(1)];
    const words = ['responses', verb, '00000001', '--comment', 'seen'];
    const yes = await deskRun({ responses }, words, { typed: 'y\n' });
    expect(yes).toMatchObject({ exitCode: 0, out: `${idOf('response', 1)}  ${state}\n` });
    expect(yes.error).toContain(
      `block-address on 192.0.2.1: the address is refused by every service for 1 h. ${question} [y/N]`,
    );
    expect(yes.has.asked.at(-1)).toEqual([verb, idOf('response', 1), { comment: 'seen' }]);
    const no = await deskRun({ responses }, words, { typed: 'n\n' });
    expect(no.exitCode).not.toBe(0);
    expect(no.has.asked.some(([call]) => call === verb)).toBe(false);
    const nobody = await deskRun({ responses }, words);
    expect(nobody).toMatchObject({ exitCode: 2, error: expect.stringContaining('give --yes') });
    const sure = await deskRun({ responses }, [...words, '--yes']);
    expect(sure.has.asked.some(([call]) => call === 'response')).toBe(false);
    expect(sure.has.asked.at(-1)?.[0]).toBe(verb);
  });

  test('one that needs two persons tells how many have approved it', async () => {
    const approvals = [{ by: 'ann', at: epoch }];
    const responses = [responseOf(1, { approvers: 2, approvals })];
    const { out } = await deskRun({ responses }, ['responses', 'reject', '00000001']);
    expect(out).toBe(`${idOf('response', 1)}  rejected\n`);
    const waiting = await deskRun({ responses }, ['responses', 'show', '00000001']);
    expect(waiting.out).toContain('Decide by:');
  });

  test('what is not there is told, with what to do', async () => {
    const { exitCode, error } = await deskRun({}, ['responses', 'reject', idOf('response', 9)]);
    expect(exitCode).not.toBe(0);
    expect(error).toContain('alertctl responses list');
  });
});

const decisionOf = (n: number, said: Partial<Decision> = {}): Decision => ({
  id: idOf('response', n),
  kind: 'block_address',
  target: `192.0.2.${n}`,
  resource: '',
  perMinute: 0,
  from: epoch - 60_000,
  until: epoch + 3_600_000,
  playbook: 'brute-force',
  incident: idOf('incident', 1),
  ...said,
});

const changes = (decisions: readonly Decision[], ended: readonly string[] = [], cursor = '') =>
  ({ kind: 'changes', decisions, ended, cursor }) as const;
const begin = { kind: 'begin' } as const;
const end = { kind: 'end', cursor: 'c', at: epoch } as const;
const throttled = decisionOf(2, { kind: 'throttle_address', target: '2001:db8::/64', perMinute: 30 });

describe('decisions', () => {
  test('list shows the snapshot', async () => {
    const decisions = [begin, changes([decisionOf(1)]), changes([throttled]), end];
    const { exitCode, out, has } = await deskRun({ decisions }, ['decisions', 'list', '--kind', 'Block_address']);
    expect({ exitCode, lines: lines(out) }).toEqual({
      exitCode: 0,
      lines: [
        'ID        KIND              TARGET                  BEGAN  ENDS   PLAYBOOK     INCIDENT',
        '00000001  block_address     192.0.2.1               1m     in 1h  brute-force  00000001',
        '00000002  throttle_address  2001:db8::/64 (30/min)  1m     in 1h  brute-force  00000001',
      ],
    });
    expect(has.asked.at(-1)).toEqual(['decisions', ['block_address']]);
    const none = await deskRun({ decisions: [begin, end] }, ['decisions', 'list']);
    expect(none).toMatchObject({ exitCode: 0, out: '', error: 'No decisions are in force.\n' });
    const json = await deskRun({ decisions }, ['decisions', 'list', '--json']);
    expect(lines(json.out).map((line) => (JSON.parse(line) as { target: string }).target)).toEqual([
      '192.0.2.1',
      '2001:db8::/64',
    ]);
  });

  test('watch tells what is added, lasts longer and ends, also by what a new snapshot leaves out', async () => {
    const longer = { ...throttled, until: throttled.until + 1 };
    const decisions = [
      ...[begin, changes([decisionOf(1), throttled, decisionOf(3)]), end],
      changes([longer], [decisionOf(1).id, 'never'], 'd'),
      ...[begin, changes([longer]), end],
    ];
    const { exitCode, out } = await deskRun({ decisions }, ['decisions', 'watch', '--json', '--limit', '6']);
    expect(exitCode).toBe(0);
    const told = lines(out).map((line) => JSON.parse(line) as { change: string; decision: { id: string } });
    expect(told.map(({ change, decision }) => [change, decision.id])).toEqual([
      ['added', idOf('response', 1)],
      ['added', idOf('response', 2)],
      ['added', idOf('response', 3)],
      ['extended', idOf('response', 2)],
      ['ended', idOf('response', 1)],
      ['ended', idOf('response', 3)],
    ]);
    const plain = await deskRun({ decisions }, ['decisions', 'watch', '--limit', '1']);
    expect(plain.out).toMatch(/ {2}added {5}00000001 {2}block_address {2}192\.0\.2\.1 {2}ends in 1h\n$/);
  });

  test('enforcers shows who is behind', async () => {
    const enforcers = [
      { name: 'login-1', kinds: ['lock_account' as const], at: epoch - 60_000, isCurrent: false },
      { name: 'shop-1', kinds: [], at: epoch - 1_000, isCurrent: true },
    ];
    const { out } = await deskRun({ enforcers }, ['decisions', 'enforcers']);
    expect(lines(out)).toEqual([
      'NAME     UP TO DATE  HEARD  KINDS',
      'login-1  no          1m     lock_account',
      'shop-1   yes         1s     all',
    ]);
    const none = await deskRun({}, ['decisions', 'enforcers']);
    expect(none.error).toBe('No service has said that it enforces decisions.\n');
  });
});

describe('kill-switch', () => {
  test('status tells whether it is on', async () => {
    const never = await deskRun({}, ['kill-switch', 'status']);
    expect(never.out).toBe('off: responses are done; nobody has turned it yet\n');
    const killSwitch = { on: true, by: 'bob', reason: 'loop', at: epoch - 60_000 };
    const { out } = await deskRun({ killSwitch }, ['kill-switch', 'status']);
    expect(out).toBe('ON: nothing is done by itself; turned by bob 1m ago: loop\n');
    const json = await deskRun({ killSwitch }, ['kill-switch', 'status', '--json']);
    expect(JSON.parse(json.out)).toEqual({ ...killSwitch, at: '2025-12-31T23:59:00.000Z' });
  });

  test('on stops everything without a question; off asks', async () => {
    const on = await deskRun({}, ['kill-switch', 'on', '--reason', 'loop']);
    expect(on.exitCode).toBe(0);
    expect(on.has.asked).toEqual([['kill switch', true, 'loop']]);
    const killSwitch = { on: true, by: 'bob', reason: 'loop', at: epoch };
    const off = await deskRun({ killSwitch }, ['kill-switch', 'off', '--reason', 'mended'], { typed: 'y\n' });
    expect(off.error).toContain('It was turned on by bob: loop. Responses will be done again. Turn it off? [y/N]');
    expect(off.has.asked).toEqual([['kill switch', false, 'mended']]);
    const no = await deskRun({ killSwitch }, ['kill-switch', 'off', '--reason', 'mended'], { typed: '\n' });
    expect(no.has.asked).toEqual([]);
    const sure = await deskRun({ killSwitch }, ['kill-switch', 'off', '--reason', 'mended', '--yes']);
    expect(sure.has.asked).toHaveLength(1);
  });

  test('a reason must be given', async () => {
    expect((await deskRun({}, ['kill-switch', 'on'])).exitCode).toBe(2);
  });
});
