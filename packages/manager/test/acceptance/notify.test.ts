import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { createWorld, type World } from './world.ts';

const { LOW, MEDIUM, HIGH, CRITICAL } = AlertSeverity;
const minute = 60;
const hour = 60 * minute;

const policyOf = (source: PolicySource) => createPolicy(policySchema.parse(source));

const base: PolicySource = {
  channels: {
    mail: { kind: 'email' },
    chat: { kind: 'slack' },
    pager: { kind: 'pagerduty' },
  },
  receivers: {
    security: { channels: ['mail', 'chat'], fallback: ['pager'] },
    oncall: { channels: ['pager'] },
    lead: { channels: ['chat'] },
  },
  routes: [
    {
      name: 'all',
      when: 'severity >= MEDIUM',
      receivers: ['security'],
      first_notify_after: '30s',
      batch_updates_every: '5m',
    },
  ],
};

describe('from an alert to people, in fake time', () => {
  let world: World;

  const begin = (more: Partial<PolicySource> = {}): void => {
    world = createWorld(policyOf({ ...base, ...more }));
  };
  beforeEach(() => begin());
  afterEach(() => world.end());

  const account = async (channel: string) => (await world.desk.accounting()).find((each) => each.channel === channel);
  const only = async () => {
    const [incident, ...others] = await world.incidents();
    expect(others).toEqual([]);
    if (!incident) throw new Error('there is no incident');
    return incident;
  };
  const command = (incident: { readonly id: string }, more: object = {}) => ({
    incident: incident.id,
    by: 'robin',
    request: crypto.randomUUID(),
    ...more,
  });

  test('the first notice waits for company, then all channels are told once', async () => {
    await world.report({});
    await world.at(10);
    await world.report({ times: 4 });
    expect(world.told('mail', 0, 29)).toEqual([]);
    await world.at(31);
    expect(world.told('mail', 30, 31)).toEqual(['opened']);
    expect(world.told('chat', 30, 31)).toEqual(['opened']);
    expect(world.said('mail')[0]?.notice.incident?.count).toBe(5);
    expect(await account('mail')).toMatchObject({ accepted: 5, delivered: 5, pending: 0 });
  });

  test('what is CRITICAL waits for nothing', async () => {
    await world.report({ severity: CRITICAL });
    expect(world.told('mail', 0, 1)).toEqual(['opened']);
  });

  test('news of an incident come in batches', async () => {
    await world.report({});
    await world.at(60);
    for (let turn = 0; turn < 10; turn++) {
      await world.report({ times: 10 });
      await world.at(61 + turn * 10);
    }
    await world.at(30 * minute);
    expect(world.told('mail', 0, 30 * minute)).toEqual(['opened', 'updated']);
    expect(world.said('mail')[1]?.notice.incident?.count).toBe(101);
    expect(await account('mail')).toMatchObject({ accepted: 101, delivered: 101 });
  });

  test('a storm of equal alerts is one incident and two notices', async () => {
    await world.report({ times: 3_000 });
    await world.at(hour);
    expect((await only()).count).toBe(3_000);
    expect(world.said('mail')).toHaveLength(1);
  });

  test('an incident that becomes worse is told at once', async () => {
    await world.report({ severity: MEDIUM });
    await world.at(60);
    await world.report({ severity: HIGH });
    expect(world.told('mail', 60, 61)).toEqual(['updated']);
  });

  test('two users are two incidents', async () => {
    await world.report({ metadata: { userId: 'one' } });
    await world.report({ metadata: { userId: 'two' } });
    await world.at(60);
    expect(await world.incidents()).toHaveLength(2);
    expect(world.said('mail')).toHaveLength(2);
  });

  test('what no route takes is accounted for, and told to nobody', async () => {
    await world.report({ severity: LOW, times: 3 });
    await world.at(hour);
    expect(world.said('mail')).toEqual([]);
    expect(await account('(no route)')).toMatchObject({ accepted: 3, suppressed: 3 });
  });

  test('without routes nothing is planned, and what came before the first route stays untold', async () => {
    begin({ routes: [] });
    await world.reportOnly({ times: 5 });
    await world.at(10);
    expect(await world.incidents()).toEqual([]);
    expect(await world.store.cursor()).toBe(5);
    world.setPolicy(policyOf(base));
    await world.at(20);
    await world.report({});
    await world.at(60);
    expect((await only()).count).toBe(1);
    expect(world.told('mail', 0, 60)).toEqual(['opened']);
  });

  test('a message and its metadata reach a channel as pseudonyms', async () => {
    await world.report({ message: 'Failed login of anna.berg' });
    await world.at(60);
    expect(JSON.stringify(world.said('mail')[0]?.notice)).not.toContain('anna.berg');
  });

  test('what nobody acknowledges in time goes to the next receiver, and on to a bound', async () => {
    begin({ escalations: { HIGH: { acknowledge_within: '1h', receivers: ['oncall', 'lead'], repeats: 1 } } });
    await world.report({});
    await world.at(10 * hour);
    expect(world.told('pager', hour, hour + 1)).toEqual(['escalated']);
    expect(world.told('chat', 2 * hour, 2 * hour + 1)).toEqual(['escalated']);
    expect(world.told('chat', 3 * hour, 3 * hour + 1)).toEqual(['escalated']);
    expect(world.told('chat', 4 * hour, 10 * hour)).toEqual([]);
    expect((await only()).escalations).toBe(3);
  });

  test('a silence holds notices back, is accounted for, and what it hid is told at its end', async () => {
    await world.desk.createSilence({
      ...{
        when: 'type == "AUTH_FAILURE"',
        reason: 'planned test',
        upTo: HIGH,
        by: 'robin',
        request: crypto.randomUUID(),
      },
      until: world.now() + hour * 1_000,
    });
    await world.report({ times: 2 });
    await world.at(30 * minute);
    expect(world.said('mail')).toEqual([]);
    expect(await account('mail')).toMatchObject({ accepted: 2, suppressed: 2 });
    await world.at(hour + 60);
    expect(world.told('mail', hour, hour + 60)).toEqual(['silence_ended', 'opened']);
  });

  test('what is more severe breaks through a silence', async () => {
    await world.desk.createSilence({
      ...{ when: 'true', reason: 'planned test', upTo: MEDIUM, by: 'robin', request: crypto.randomUUID() },
      until: world.now() + hour * 1_000,
    });
    await world.report({ severity: HIGH });
    await world.at(60);
    expect(world.told('mail', 0, 60)).toEqual(['opened']);
  });

  test('while the cause is open its consequences are not told, and are accounted for', async () => {
    begin({
      inhibitions: [
        { name: 'down', source: 'severity == CRITICAL', target: 'severity < CRITICAL', equal: ['component'] },
      ],
    });
    const sick = { type: 'SYSTEM_HEALTH', dedupKey: 'cause', severity: CRITICAL };
    await world.report({ ...sick, metadata: { component: 'db', status: 'down' } });
    await world.report({ ...sick, dedupKey: 'a', severity: HIGH, metadata: { component: 'db', status: 'slow' } });
    await world.report({ ...sick, dedupKey: 'b', severity: HIGH, metadata: { component: 'web', status: 'slow' } });
    await world.at(60);
    expect(world.said('mail').map(({ notice }) => notice.severity)).toEqual([CRITICAL, HIGH]);
    expect(await account('mail')).toMatchObject({ accepted: 3, delivered: 2, suppressed: 1 });
  });

  test('a maintenance window holds notices back while it lasts', async () => {
    // Scripts begin at midnight UTC of the first of January 2026, a Thursday.
    begin({
      maintenance: [
        {
          name: 'night',
          when: 'severity < CRITICAL',
          time_zone: 'UTC',
          every: { days: ['THU'], from: '00:30', until: '02:00' },
        },
      ],
    });
    await world.at(hour);
    await world.report({});
    await world.report({ severity: CRITICAL, metadata: { userId: 'other' } });
    await world.at(1.5 * hour);
    expect(world.said('mail').map(({ notice }) => notice.severity)).toEqual([CRITICAL]);
    // What it hid is looked at every five minutes, and told when nothing holds it back any more.
    await world.at(3 * hour);
    expect(world.told('mail', 2 * hour, 2 * hour + 6 * minute)).toEqual(['opened']);
  });

  test('an explanation says which routes took it, who is told, what holds it back, and what is missing', async () => {
    await world.report({ severity: LOW });
    const draft = { type: 'AUTH_FAILURE', severity: LOW, message: 'x', metadata: { userId: 'anna.berg' } };
    const { steps } = await world.desk.explain({ draft, source: 'sign-in' });
    const said = steps.map(({ name, verdict, detail }) => `${name}: ${verdict}: ${detail}`);
    expect(said).toContain('route all: no: not met: severity >= MEDIUM');
    expect(said).toContain('channels: no: no route takes it');
    expect(said).toContain('nearest miss: info: would also have gone to mail, chat if severity were MEDIUM');
    expect(JSON.stringify(steps)).not.toContain('anna.berg');
  });

  test('a notice says whose its type is and links to the runbook, and so does the explanation', async () => {
    const runbook = 'https://wiki.clinic.test/runbooks/recordings';
    const type = { title: 'Recording opened', default_severity: 'HIGH', owner: 'Data team', runbook } as const;
    begin({ types: { RECORDING_OPENED: type } });
    await world.report({ type: 'RECORDING_OPENED', metadata: {} });
    await world.report({});
    await world.at(60);
    const told = new Map(world.said('mail').map(({ notice }) => [notice.alerts[0]?.type, notice]));
    expect(told.get('RECORDING_OPENED')).toMatchObject({ owner: 'Data team', runbook });
    const plain = told.get('AUTH_FAILURE');
    expect([plain?.event, plain && 'owner' in plain, plain?.runbook]).toEqual(['opened', false, undefined]);
    const draft = { type: 'RECORDING_OPENED', message: 'x', metadata: {} };
    const { steps } = await world.desk.explain({ draft, source: 'sign-in' });
    const said = JSON.stringify(steps.find(({ name }) => name === 'channel mail'));
    expect(said).toContain('Owner: Data team');
    expect(said).toContain(`Runbook: ${runbook}`);
  });

  test('what was planned while the clock was a day ahead is told in its time once it is right again', async () => {
    const day = 24 * hour;
    world.jump(day * 1_000);
    await world.report({ severity: HIGH });
    world.answers('chat', () => ({ kind: 'retry', reason: 'unreachable', detail: 'ECONNREFUSED' }));
    await world.at(day + 31);
    expect([world.said('mail').length, world.said('chat').length]).toEqual([1, 1]);
    await world.report({ severity: HIGH, metadata: { userId: 'somebody else' } });
    world.answers('chat', () => ({ kind: 'done', proof: 'took it' }));
    world.jump(-day * 1_000);
    // It looks at the clock every minute at the latest: the next incident, and what is to be tried again.
    await world.at(31 + 2 * minute);
    expect(world.said('mail')).toHaveLength(2);
    expect(world.said('chat').length).toBeGreaterThanOrEqual(3);
  });

  test('what became of each recipient is kept with the delivery, whatever comes after', async () => {
    const owed = [
      { at: 0, state: 'accepted', code: '250' },
      { at: 1, state: 'deferred', code: '451' },
    ] as const;
    const all = owed.map(({ at }) => ({ at, state: 'accepted', code: '250' }) as const);
    const answers: Outcome[] = [
      { kind: 'retry', reason: 'partial', detail: '1 of 2', recipients: owed, progress: 'p' },
      { kind: 'retry', reason: 'unreachable', detail: 'ECONNREFUSED' },
      { kind: 'done', proof: '250 queued', recipients: all },
    ];
    world.answers('mail', () => answers.shift() ?? { kind: 'done' });
    const recipients = async () => (await world.desk.deliveries({ channel: 'mail', limit: 1 }))[0]?.recipients;
    await world.report({ severity: HIGH });
    expect(await recipients()).toBeUndefined();
    await world.at(31);
    expect(await recipients()).toEqual(owed);
    await world.at(40);
    expect([answers.length, await recipients()]).toEqual([1, owed]);
    await world.at(10 * minute);
    expect([answers.length, await recipients()]).toEqual([0, all]);
  });

  test('an explanation of what no policy plans says that, and what was passed over is not called late', async () => {
    const said = async () => {
      const alertId = (await world.alerts())[0]?.id ?? '';
      return (await world.desk.explain({ alertId })).steps.find(({ name }) => name === 'incident')?.detail;
    };
    begin({ routes: [] });
    await world.reportOnly({});
    await world.at(5);
    expect(await said()).toBe('nothing is planned: the policy has no routes and no detections');
    world.setPolicy(policyOf(base));
    await world.at(10);
    expect(await said()).toBe(
      'it was passed over, because the policy had no routes when it came, or its incident is past its retention',
    );
  });

  test('an explanation shows the notice of each channel as it would look, cleared', async () => {
    const message = 'Failed login of anna.berg';
    const metadata = { userId: 'anna.berg', note: 'diagnosis F32' };
    const draft = { type: 'AUTH_FAILURE', severity: HIGH, message, metadata };
    const { steps } = await world.desk.explain({ draft, source: 'sign-in' });
    const [notice] = steps.find(({ name }) => name === 'channel mail')?.steps ?? [];
    expect(notice?.detail).toBe('HIGH Authentication failure');
    const lines = notice?.steps.map(({ detail }) => detail) ?? [];
    expect(lines).toEqual([
      expect.stringMatching(/^Failed login of user:[0-9A-F]{4}-[0-9A-F]{4}$/),
      expect.stringMatching(/^User: user:/),
      '1 value is withheld',
    ]);
    expect(JSON.stringify(steps)).not.toMatch(/anna\.berg|F32/);
  });

  test('an explanation of a kept alert names its deliveries', async () => {
    await world.report({});
    await world.at(60);
    const [delivery] = await world.desk.deliveries({ limit: 1, channel: 'mail' });
    const [kept] = (await world.alerts()).map(({ id }) => id);
    const { incident, steps } = await world.desk.explain({ alertId: kept ?? '' });
    expect(incident).toBe((await only()).id);
    expect(steps.map(({ detail }) => detail).join()).toContain('opened through mail: done after 1 attempts');
    expect(steps.some(({ name }) => name === `delivery ${delivery?.id}`)).toBe(true);
    await expect(world.desk.explain({ alertId: 'no such' })).rejects.toMatchObject({ code: 'ALERT_NOT_FOUND' });
  });

  test('a recovery of which nobody knew is no news', async () => {
    await world.report({ type: 'SYSTEM_HEALTH', metadata: { component: 'db', status: 'healthy' } });
    await world.at(60);
    expect(await world.incidents()).toEqual([]);
  });

  test('what is over before its first notice went out is told once, as over', async () => {
    const health = { type: 'SYSTEM_HEALTH', severity: HIGH };
    await world.report({ ...health, metadata: { component: 'db', status: 'down' } });
    await world.report({ ...health, metadata: { component: 'db', status: 'recovered' } });
    await world.at(hour);
    expect(world.told('mail', 0, hour)).toEqual(['resolved']);
    expect((await account('mail'))?.accepted).toBe(2);
  });

  test('an alert after the end opens the incident again, or another one when it was long ago', async () => {
    await world.report({});
    await world.at(60);
    await world.desk.resolve(command(await only()));
    await world.at(10 * minute);
    await world.report({});
    expect((await only()).state).toBe('OPEN');
    await world.desk.resolve(command(await only()));
    await world.at(5 * hour);
    await world.report({});
    await world.at(5 * hour + 60);
    expect(await world.incidents()).toHaveLength(2);
  });

  test('a quiet incident ends by itself', async () => {
    begin({
      types: { AUTH_FAILURE: { title: 'Failed login', default_severity: 'HIGH', quiet_after: '2h', metadata: {} } },
    });
    await world.report({});
    await world.at(hour);
    await world.report({});
    await world.at(2 * hour + 60);
    expect((await only()).state).toBe('OPEN');
    await world.at(3 * hour + 60);
    expect((await only()).state).toBe('RESOLVED');
    expect(world.told('mail', 3 * hour, 3 * hour + 60)).toEqual(['resolved']);
  });

  test('a delivery that fails is tried again, with the same key, and counted once', async () => {
    const failing: Outcome = { kind: 'retry', reason: 'peer_failed', detail: 'status 500' };
    world.answers('mail', ({ number }) => (number < 3 ? failing : { kind: 'done', proof: 'took it' }));
    await world.report({});
    await world.at(hour);
    const said = world.said('mail');
    expect(said.map(({ attempt }) => attempt.number)).toEqual([1, 2, 3]);
    expect(new Set(said.map(({ attempt }) => attempt.key)).size).toBe(1);
    expect(await account('mail')).toMatchObject({ accepted: 1, delivered: 1, dead: 0 });
  });

  test('a doubtful delivery says so on its next try', async () => {
    const lost: Outcome = { kind: 'ambiguous', reason: 'answer_lost', detail: 'the connection ended' };
    world.answers('mail', ({ number }) => (number === 1 ? lost : { kind: 'done', proof: 'took it' }));
    await world.report({});
    await world.at(hour);
    expect(world.said('mail').map(({ attempt }) => attempt.doubtful)).toEqual([false, true]);
  });

  test('a peer that names a wait is not called before', async () => {
    const busy: Outcome = { kind: 'retry', reason: 'throttled', detail: 'status 429', after: 10 * minute * 1_000 };
    world.answers('mail', ({ number }) => (number === 1 ? busy : { kind: 'done', proof: 'took it' }));
    await world.report({});
    await world.at(hour);
    expect(world.told('mail', 31, 10 * minute + 29)).toEqual([]);
    expect(world.told('mail', 10 * minute + 30, 10 * minute + 32)).toEqual(['opened']);
  });

  test('what a channel rejects is dead, with its reason, and another leg tells at once', async () => {
    world.answers('mail', () => ({ kind: 'reject', reason: 'unknown_target', detail: '550' }));
    await world.report({});
    await world.at(60);
    expect(world.told('pager', 30, 31)).toEqual(['opened']);
    expect(await account('mail')).toMatchObject({ accepted: 1, dead: 1 });
    expect(await account('pager')).toMatchObject({ accepted: 1, delivered: 1 });
    const dead = await world.desk.deliveries({ states: ['dead'], limit: 10 });
    expect(dead.map(({ target, lastReason }) => [target, lastReason])).toEqual([['mail', 'unknown_target']]);
  });

  test('a dead letter that is replayed is delivered, and the accounting follows', async () => {
    world.answers('mail', () => ({ kind: 'reject', reason: 'unknown_target', detail: '550' }));
    await world.report({});
    await world.at(60);
    world.answers('mail', () => ({ kind: 'done', proof: 'took it' }));
    const [dead] = await world.desk.deliveries({ states: ['dead'], limit: 10 });
    await world.desk.replay({ ids: [dead?.id ?? ''], by: 'robin', request: crypto.randomUUID() });
    await world.at(120);
    expect(await account('mail')).toMatchObject({ accepted: 1, delivered: 1, dead: 0 });
  });

  test('a channel that cannot work until somebody acts has its leg told by another, and keeps its notice', async () => {
    world.answers('mail', () => ({ kind: 'misconfigured', reason: 'credentials', detail: '535' }));
    await world.report({});
    await world.at(60);
    expect(world.told('pager', 30, 31)).toEqual(['opened']);
    expect(await account('mail')).toMatchObject({ accepted: 1, pending: 1 });
    world.answers('mail', () => ({ kind: 'done', proof: 'took it' }));
    await world.at(hour);
    expect(await account('mail')).toMatchObject({ accepted: 1, delivered: 1 });
    expect(world.said('pager')).toHaveLength(1);
  });

  test('a channel that hangs does not keep the others back', async () => {
    world.answers('mail', () => ({ kind: 'retry', reason: 'timed_out', detail: 'late' }));
    await world.report({ times: 1 });
    await world.at(31);
    expect(world.told('chat', 30, 31)).toEqual(['opened']);
  });

  test('a channel that throws is a defect, is tried again, and in the end is dead', async () => {
    world.answers('mail', () => {
      throw new TypeError('a defect');
    });
    await world.report({});
    await world.at(100 * hour);
    expect(await account('mail')).toMatchObject({ accepted: 1, dead: 1 });
    expect(world.errors.length).toBeGreaterThan(3);
    (world.errors as unknown[]).length = 0;
  });

  test('the same command twice changes once', async () => {
    await world.report({});
    await world.at(60);
    const said = command(await only());
    const first = await world.desk.acknowledge(said);
    const second = await world.desk.acknowledge(said);
    expect(second.version).toBe(first.version);
    await world.at(120);
    expect(world.told('mail', 60, 120)).toEqual(['acknowledged']);
  });

  test('every command gives the same answer a second time, as to one whose first answer was lost', async () => {
    world.answers('mail', () => ({ kind: 'reject', reason: 'refused', detail: 'status 400' }));
    await world.report({});
    await world.at(60);
    const { version } = await only();
    const acknowledging = command(await only(), { version });
    const first = await world.desk.acknowledge(acknowledging);
    expect(await world.desk.acknowledge(acknowledging)).toEqual(first);
    const silencing = {
      ...{ when: 'true', reason: 'planned test', upTo: HIGH, by: 'robin', request: crypto.randomUUID() },
      until: world.now() + hour * 1_000,
    };
    const silence = await world.desk.createSilence(silencing);
    expect(await world.desk.createSilence(silencing)).toEqual(silence);
    expect(await world.desk.silences()).toEqual([{ ...silence, hiddenAlerts: 0, hiddenIncidents: 0 }]);
    const expiring = { silence: silence.id, by: 'robin', request: crypto.randomUUID() };
    const expired = await world.desk.expireSilence(expiring);
    expect(await world.desk.expireSilence(expiring)).toEqual(expired);
    const [dead] = await world.desk.deliveries({ states: ['dead'], limit: 1 });
    const replaying = { ids: [dead?.id ?? ''], by: 'robin', request: crypto.randomUUID() };
    expect((await world.desk.replay(replaying)).map(({ id }) => id)).toEqual(replaying.ids);
    expect((await world.desk.replay(replaying)).map(({ id }) => id)).toEqual(replaying.ids);
  });

  test('a version that is not the newest is refused', async () => {
    await world.report({});
    await world.at(60);
    const incident = await only();
    await world.report({});
    await expect(world.desk.resolve(command(incident, { version: incident.version }))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});
