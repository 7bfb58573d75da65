import { describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { epoch } from '@therapytrain/alerts-testkit';
import { deskRun } from './support/desk-run.ts';
import { deliveryOf, idOf, incidentOf, silenceOf } from './support/small-client.ts';

const lines = (text: string): string[] => text.split('\n').slice(0, -1);
const three = [1, 2, 3].map((n) => incidentOf(n, n === 3 ? { state: 'RESOLVED' } : {}));

describe('incidents', () => {
  test('list shows what is not over', async () => {
    const { exitCode, out } = await deskRun({ incidents: three }, ['incidents', 'list']);
    expect(exitCode).toBe(0);
    expect(lines(out)).toEqual([
      'ID        AGE  SEVERITY  STATE  ALERTS  LAST  OWNER  SOURCE  TITLE',
      '00000001  1m   HIGH      OPEN   1       1s           login   Authentication failure 1',
      '00000002  2m   HIGH      OPEN   2       1s           login   Authentication failure 2',
    ]);
  });

  test('list shows what is overdue, and when something is due where it is', async () => {
    const due = (minutes: number) => ({ acknowledgeBy: epoch + minutes * 60_000 });
    const incidents = [incidentOf(1, due(-3)), incidentOf(2, due(90)), incidentOf(3, { ...due(1), state: 'RESOLVED' })];
    const { out, has } = await deskRun({ incidents }, ['incidents', 'list', '--overdue']);
    expect(has.asked[0]?.[1]).toMatchObject({ overdue: true, states: ['OPEN', 'ACKNOWLEDGED'] });
    expect(lines(out).map((line) => line.slice(0, 45))).toEqual([
      'ID        AGE  SEVERITY  STATE  DUE     ALERT',
      '00000001  1m   HIGH      OPEN   3m ago  1    ',
      '00000002  2m   HIGH      OPEN   in 1h   2    ',
    ]);
  });

  test('list shows those of a state, as JSON, page by page', async () => {
    const incidents = Array.from({ length: 1_500 }, (_, n) => incidentOf(n, { state: 'RESOLVED' }));
    const words = ['incidents', 'list', '--state', 'resolved', '--state', 'OPEN', '--all', '--json'];
    const { out, has } = await deskRun({ incidents }, words);
    expect(lines(out)).toHaveLength(1_500);
    expect(JSON.parse(lines(out)[0] ?? '')).toMatchObject({ id: idOf('incident', 0), severity: 'HIGH', alertCount: 0 });
    expect(has.asked[0]?.[1]).toMatchObject({ states: ['RESOLVED', 'OPEN'] });
    expect(has.asked).toHaveLength(2);
  });

  test('list says so where there are none', async () => {
    expect(await deskRun({}, ['incidents', 'list'])).toMatchObject({
      exitCode: 0,
      out: '',
      error: 'No incidents found.\n',
    });
  });

  test.each([40, 60, 80, 100])('list fits a terminal of %d columns', async (columns) => {
    const incidents = [incidentOf(1, { title: 't'.repeat(300), assignee: 'somebody with a long name' })];
    const { out } = await deskRun({ incidents }, ['incidents', 'list'], { columns });
    for (const line of lines(out)) expect(line.length).toBeLessThanOrEqual(Math.max(columns, 60));
  });

  test('show tells everything of one', async () => {
    const incident = incidentOf(1, { assignee: 'carol', comment: 'on\u001b it', told: ['mail', 'slack'], by: 'bob' });
    const { exitCode, out } = await deskRun({ incidents: [incident] }, ['incidents', 'show', '00000001']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`ID:         ${incident.id}`);
    expect(out).toContain('Told:       mail, slack');
    expect(out).toContain(String.raw`on\x1b it`);
  });

  test.each([
    [['ack', '00000002', '--comment', 'on it'], ['acknowledge', { comment: 'on it' }], 'ACKNOWLEDGED'],
    [['resolve', idOf('incident', 2)], ['resolve', {}], 'RESOLVED'],
    [['assign', '00000002', 'carol'], ['assign', 'carol'], 'OPEN, assigned to carol'],
    [['comment', '00000002', 'seen'], ['comment', 'seen'], 'OPEN'],
  ])('%j', async (words, [call, given], told) => {
    const { exitCode, out, has } = await deskRun({ incidents: three }, ['incidents', ...words]);
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: `${idOf('incident', 2)}  ${told}\n` });
    expect(has.asked.at(-1)).toEqual([call, idOf('incident', 2), given]);
  });

  test.each([
    [['ack', '0000'], 2, /3 ids begin or end with 0000|none of the newest/],
    [['ack', 'ffff'], 2, /none of the newest has an id/],
    [['ack', 'x'], 2, /It must be an id/],
    [['ack', idOf('incident', 9)], 1, /no incident of this id is known\. alertctl incidents list/],
    [['list', '--state', 'SHUT'], 2, /It must be one of OPEN, ACKNOWLEDGED, RESOLVED/],
    [['ack'], 2, /missing required argument 'id'/],
    [['bogus'], 2, /unknown command 'bogus'/],
  ])('%j ends with %d', async (words, expected, reason) => {
    const { exitCode, out, error } = await deskRun({ incidents: three }, ['incidents', ...words]);
    expect({ exitCode, out }).toEqual({ exitCode: expected, out: '' });
    expect(error).toMatch(reason);
  });

  test('a part of an id that several have is not taken for one of them', async () => {
    const { exitCode, error } = await deskRun({ incidents: three }, ['incidents', 'ack', '0193f1c2']);
    expect(exitCode).toBe(2);
    expect(error).toMatch(/^alertctl: 3 ids begin or end with 0193f1c2: give more of it\.\n$/);
  });
});

describe('silences', () => {
  const create = ['silences', 'create', 'source == "edge"', '--for', '2h', '--reason', 'load test'];

  test('create tells what it would have held back, and asks', async () => {
    const { exitCode, out, error, has } = await deskRun({ incidents: three }, create, { typed: 'y\n' });
    expect(exitCode).toBe(0);
    expect(error).toContain('12 alerts of 3 incidents. Create it? [y/N]');
    expect(out).toBe(`${idOf('silence', 1)}  holds back notices up to HIGH; ends in 2h\n`);
    expect(has.asked.at(-1)?.[1]).toMatchObject({ when: 'source == "edge"', reason: 'load test', length: 7_200_000 });
  });

  test.each(['n\n', '\n', 'yellow\n', ''])('create does nothing where the answer is %j', async (typed) => {
    const { exitCode, out, error, has } = await deskRun({}, create, { typed });
    expect({ exitCode, out, silences: has.silences }).toEqual({ exitCode: 1, out: '', silences: [] });
    expect(error).toContain('Nothing was changed.');
  });

  test('create does not ask with --yes, and refuses where nobody can be asked', async () => {
    const words = [...create, '--yes', '--up-to', 'critical', '--json'];
    const { exitCode, out, has } = await deskRun({}, words);
    expect([exitCode, has.asked.length]).toEqual([0, 1]);
    expect(has.asked[0]?.[1]).toMatchObject({ upTo: AlertSeverity.CRITICAL });
    expect(JSON.parse(out)).toMatchObject({ id: idOf('silence', 1), upTo: 'HIGH', reason: 'load test' });
    const refused = await deskRun({}, create);
    expect({ exitCode: refused.exitCode, silences: refused.has.silences }).toEqual({ exitCode: 2, silences: [] });
    expect(refused.error).toMatch(/give --yes/);
  });

  test('preview, list and expire', async () => {
    const preview = await deskRun({ incidents: three }, ['silences', 'preview', 'true']);
    expect(lines(preview.out)[0]).toBe('In the last 24 hours it would have held back 12 alerts of 3 incidents.');
    expect(lines(preview.out)).toHaveLength(5);
    const silences = [silenceOf(1, { hiddenAlerts: 57, hiddenIncidents: 3 }), silenceOf(2)];
    const listed = await deskRun({ silences }, ['silences', 'list']);
    expect(lines(listed.out)[1]).toMatch(
      /^00000001 {2}0s ago {2}in 2h {2}HIGH +57 +3 +alice {3}load test {2}source == "edge"$/,
    );
    const expired = await deskRun({ silences }, ['silences', 'expire', '00000002']);
    expect([expired.out, expired.has.silences]).toEqual([`${idOf('silence', 2)}  has ended\n`, silences.slice(0, 1)]);
  });

  test.each([
    [['create', 'true', '--reason', 'x'], /--for/],
    [['create', 'true', '--for', '2h'], /--reason/],
    [['create', 'true', '--for', '2', '--reason', 'x'], /whole number with a unit/],
    [['create', '--for', '2h', '--reason', 'x'], /missing required argument 'when'/],
  ])('%j is wrong', async (words, reason) => {
    const { exitCode, error } = await deskRun({}, ['silences', ...words]);
    expect(exitCode).toBe(2);
    expect(error).toMatch(reason);
  });
});

describe('deliveries and dead letters', () => {
  const deliveries = [deliveryOf(1), deliveryOf(2, { target: 'slack', insteadOf: 'mail' })];

  test('deliveries are listed with what became of them', async () => {
    const waiting = deliveryOf(3, {
      state: 'waiting',
      due: deliveryOf(3).due + 300_000,
      lastReason: 'throttled',
      detail: '',
    });
    const done = deliveryOf(4, { state: 'done', proof: '250 queued', lastReason: '', detail: '' });
    const digested = deliveryOf(5, { state: 'digested', digest: idOf('delivery', 9), lastReason: '', detail: '' });
    const all = [...deliveries, waiting, done, digested];
    const { out } = await deskRun({ deliveries: all }, ['deliveries']);
    const outcomes = lines(out).map((line) => line.slice(line.lastIndexOf('00000001') + 10));
    expect(outcomes.slice(1)).toEqual([
      'refused: 550',
      'refused: 550',
      'due in 5m; throttled',
      '250 queued',
      'in the digest 00000009',
    ]);
    expect(out).toContain('slack for mail');
  });

  test('deliveries of an incident, a channel and some states', async () => {
    const words = ['deliveries', '--incident', '00000001', '--channel', 'mail', '--state', 'dead', '--json'];
    const { out, has } = await deskRun({ deliveries, incidents: three }, words);
    expect(has.asked.at(-1)?.[1]).toMatchObject({ incident: idOf('incident', 1), channel: 'mail', states: ['dead'] });
    expect(JSON.parse(lines(out)[0] ?? '')).toMatchObject({ channel: 'mail', state: 'DEAD', event: 'OPENED' });
  });

  test('one delivery is shown with each of its recipients, and no address', async () => {
    const recipients = [
      { at: 0, state: 'accepted', code: '250' },
      { at: 2, state: 'refused', code: '550 5.1.1' },
    ] as const;
    const one = deliveryOf(6, { recipients, lastReason: 'unknown_target', detail: '1 of 3 recipients refused' });
    const { exitCode, out } = await deskRun({ deliveries: [...deliveries, one] }, ['deliveries', 'show', '00000006']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`^Delivery: +${one.id}$`, 'm'));
    expect(out).toMatch(/^Outcome: +unknown_target: 1 of 3 recipients refused$/m);
    expect(out).toMatch(/^1 +accepted +250$/m);
    expect(out).toMatch(/^3 +refused +550 5\.1\.1$/m);
    const json = await deskRun({ deliveries: [one] }, ['deliveries', 'show', one.id, '--json']);
    expect(JSON.parse(json.out).recipients).toEqual([
      { place: 0, state: 'ACCEPTED', code: '250' },
      { place: 2, state: 'REFUSED', code: '550 5.1.1' },
    ]);
    const plain = await deskRun({ deliveries }, ['deliveries', 'show', '00000001']);
    expect(plain.out).not.toContain('RECIPIENT');
    expect((await deskRun({ deliveries }, ['deliveries', 'show', idOf('delivery', 7)])).exitCode).toBe(2);
  });

  test('replay asks before it sends again', async () => {
    const words = ['dead-letters', 'replay', '00000001', '00000002'];
    const { exitCode, out, error, has } = await deskRun({ deliveries }, words, { typed: 'yes\n' });
    expect(exitCode).toBe(0);
    expect(error).toContain('Send 2 dead letters again? [y/N]');
    expect(
      lines(out)
        .slice(1)
        .every((line) => line.includes('waiting')),
    ).toBe(true);
    expect(has.asked).toEqual([
      ['replay', [1, 2].map((n) => idOf('delivery', n)), undefined, true],
      ['replay', [1, 2].map((n) => idOf('delivery', n)), undefined, false],
    ]);
    const no = await deskRun({ deliveries }, words, { typed: 'n\n' });
    expect([no.exitCode, no.has.deliveries]).toEqual([1, deliveries]);
  });

  test('replay of a channel, dry and in earnest', async () => {
    const words = ['dead-letters', 'replay', '--channel', 'slack'];
    const dry = await deskRun({ deliveries }, [...words, '--dry-run']);
    expect([dry.exitCode, lines(dry.out).length, dry.has.deliveries]).toEqual([0, 2, deliveries]);
    const wet = await deskRun({ deliveries }, [...words, '--yes']);
    expect(wet.has.deliveries.map(({ state }) => state)).toEqual(['dead', 'waiting']);
    expect((await deskRun({ deliveries }, words)).exitCode).toBe(2);
  });

  test('replay tells of what is no dead letter, and wants to know which', async () => {
    const words = ['dead-letters', 'replay', idOf('delivery', 1), idOf('delivery', 9), '--yes'];
    const { exitCode, error } = await deskRun({ deliveries }, words);
    expect(exitCode).toBe(1);
    expect(error).toContain('Some of them are no dead letters');
    expect(await deskRun({ deliveries }, ['dead-letters', 'replay'])).toMatchObject({ exitCode: 2, out: '' });
  });

  test('dead letters are listed', async () => {
    const { out } = await deskRun({ deliveries }, ['dead-letters', 'list']);
    expect(lines(out)).toHaveLength(3);
  });
});

describe('accounting', () => {
  const account = { channel: 'mail', accepted: 10, delivered: 4, suppressed: 3, digested: 1, dead: 1, pending: 1 };

  test('adds up', async () => {
    const { exitCode, out } = await deskRun({ accounts: [{ ...account, balanced: true }] }, ['accounting']);
    expect(exitCode).toBe(0);
    expect(lines(out)[1]).toMatch(/^mail +10 +4 +3 +1 +1 +1 +yes$/);
  });

  test('ends with 1 where it does not', async () => {
    const accounts = [{ ...account, pending: 0, balanced: false }];
    expect(await deskRun({ accounts }, ['accounting', '--json'])).toMatchObject({
      exitCode: 1,
      out: `${JSON.stringify(accounts[0])}\n`,
    });
  });
});

describe('explain', () => {
  const explanation = {
    alertId: '',
    policy: '0123456789ab',
    incident: '',
    steps: [
      { name: 'fingerprint', verdict: 'info', detail: 'Made of type and userId.', steps: [] },
      {
        name: 'route root',
        verdict: 'yes',
        detail: 'It takes all.',
        steps: [
          { name: 'route root/clinical', verdict: 'no', detail: 'severity\u001b is below HIGH.', steps: [] },
          { name: 'channel mail', verdict: 'yes', detail: '', steps: [] },
        ],
      },
    ],
  } as const;

  test('shows a tree', async () => {
    const words = ['explain', '--type', 'AUTH_FAILURE', '--severity', 'high', '--metadata', 'userId=u-1'];
    const { exitCode, out, has } = await deskRun({ explanation }, words);
    expect(exitCode).toBe(0);
    expect(lines(out)).toEqual([
      'Alert:    not reported: what would be',
      'Incident: none',
      'Policy:   0123456789ab',
      '├─ · fingerprint  Made of type and userId.',
      '└─ ✓ route root  It takes all.',
      String.raw`   ├─ ✗ route root/clinical  severity\x1b is below HIGH.`,
      '   └─ ✓ channel mail',
    ]);
    expect(has.asked).toEqual([
      [
        'explain',
        { draft: { type: 'AUTH_FAILURE', severity: 3, message: 'Hypothetical alert', metadata: { userId: 'u-1' } } },
      ],
    ]);
  });

  test('of a kept alert', async () => {
    const { out, has } = await deskRun({ explanation }, ['explain', idOf('delivery', 1), '--json']);
    expect(has.asked).toEqual([['explain', { alertId: idOf('delivery', 1) }]]);
    expect(JSON.parse(out)).toMatchObject({ policyVersion: '0123456789ab', steps: explanation.steps });
  });

  test.each([[[]], [[idOf('delivery', 1), '--type', 'DOOR']]])('%j is wrong', async (words) => {
    const { exitCode, error } = await deskRun({ explanation }, ['explain', ...words]);
    expect(exitCode).toBe(2);
    expect(error).toMatch(/give the id of an alert, or --type/);
  });
});
