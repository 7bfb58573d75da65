import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Alert, AlertSeverity, type Metadata, Sensitivity, sourcePattern } from '@therapytrain/alerts-core';
import { createPolicy, detectionSource, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { keysOf, takenOf } from '../../src/stages/detect.ts';
import { createWorld, type World } from './world.ts';

const { MEDIUM, CRITICAL } = AlertSeverity;
const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;
const address = '198.51.100.7';

const base: PolicySource = {
  channels: { chat: { kind: 'slack' } },
  receivers: { security: { channels: ['chat'] } },
  routes: [{ name: 'found', when: `source == "${detectionSource}"`, receivers: ['security'] }, { receivers: [] }],
  detections: [
    {
      name: 'brute-force',
      when: 'type == "AUTH_FAILURE"',
      group_by: ['ipAddress'],
      count: 3,
      within: '1m',
      raise: { type: 'BRUTE_FORCE', severity: 'CRITICAL' },
    },
    {
      name: 'spray',
      when: 'type == "AUTH_FAILURE"',
      group_by: ['ipAddress'],
      distinct_count: { of: 'userId', at_least: 3 },
      within: '10m',
      raise: { type: 'PASSWORD_SPRAY', severity: 'CRITICAL' },
    },
    {
      name: 'break-in',
      group_by: ['userId'],
      sequence: [{ when: 'type == "AUTH_FAILURE"', count: 2 }, { when: 'type == "UNUSUAL_ACCESS"' }],
      within: '15m',
      raise: { type: 'BREAK_IN', severity: 'CRITICAL', message: 'Guessed a password, it seems' },
    },
  ],
};

const policyOf = (more: Partial<PolicySource> = {}) => createPolicy(policySchema.parse({ ...base, ...more }));

/** The policy with one of its detections, changed. */
const only = (name: string, changes: object = {}) =>
  policyOf({
    detections: (base.detections ?? []).filter((each) => each.name === name).map((each) => ({ ...each, ...changes })),
  });

describe('what is seen only in many alerts together, in fake time', () => {
  let world: World;
  let start: number;

  const begin = (policy = policyOf(), more: Parameters<typeof createWorld>[2] = {}): void => {
    world = createWorld(policy, undefined, more);
    start = world.now();
  };
  beforeEach(() => begin());
  afterEach(async () => {
    expect(world.errors).toEqual([]);
    await world.stop();
  });

  /** Reports one alert each, that happened so many seconds after the beginning. */
  const happened = async (seconds: readonly number[], metadata: Metadata = {}, type = 'AUTH_FAILURE') => {
    for (const at of seconds) {
      await world.reportOnly({ type, metadata: { ipAddress: address, ...metadata }, occurredAt: start + at * second });
    }
    await world.planned();
  };
  const raised = async (): Promise<readonly Alert[]> =>
    (await world.alerts()).filter(({ source }) => source === detectionSource);
  const names = async (): Promise<readonly string[]> => (await raised()).map(({ type }) => type);

  test('so many failures from one address in a minute raise one alert, which says which ones it stands on', async () => {
    await happened([0, 20], { userId: 'anna' });
    expect(await names()).toEqual([]);
    await happened([40], { userId: 'anna' });
    const [alert, ...others] = await raised();
    expect(others).toEqual([]);
    const ids = (await world.alerts()).slice(0, 3).map(({ id }) => id);
    expect(alert).toMatchObject({
      type: 'BRUTE_FORCE',
      severity: CRITICAL,
      message: '3 AUTH_FAILURE within 1m',
      occurredAt: start + 40 * second,
      metadata: { ipAddress: address, detection: 'brute-force', count: 3, alerts: ids.reverse() },
    });
  });

  test('it is told like any other alert, and its values are as sensitive as those that it stands on', async () => {
    await happened([0, 1, 2]);
    await world.at(60);
    const [said] = world.said('chat');
    expect(said?.event).toBe('opened');
    expect(said?.notice.incident?.title).toBe('brute-force: 3 AUTH_FAILURE within 1m');
    expect(JSON.stringify(said)).not.toContain(address);
    expect(policyOf().types.sensitivityOf('BRUTE_FORCE', 'ipAddress')).toBe(Sensitivity.PERSONAL);
    const [incident] = (await world.incidents()).filter(({ facts }) => facts.type === 'BRUTE_FORCE');
    expect(incident).toMatchObject({ count: 1, severity: CRITICAL });
  });

  test('alerts of two addresses, or too far apart, raise nothing', async () => {
    await happened([0, 1], { ipAddress: '203.0.113.1' });
    await happened([0, 1], { ipAddress: '203.0.113.2' });
    await happened([0, 61, 122, 183]);
    expect(await names()).toEqual([]);
  });

  test('the span is exact: all of them within 60 seconds, both ends included', async () => {
    await happened([0, 30, 60.001], { ipAddress: '203.0.113.1' });
    expect(await names()).toEqual([]);
    await happened([0, 30, 60], { ipAddress: '203.0.113.2' });
    expect(await names()).toEqual(['BRUTE_FORCE']);
  });

  test('an alert without the key of the group, or with null, is not counted', async () => {
    await world.report({ metadata: { userId: 'anna' }, times: 5 });
    await world.report({ metadata: { userId: 'anna', ipAddress: null }, times: 5 });
    expect(await names()).toEqual([]);
  });

  test('an empty list of keys counts all alerts together', async () => {
    await world.stop();
    begin(only('brute-force', { group_by: [] }));
    await happened([0, 1], { ipAddress: '203.0.113.1' });
    await happened([2], { ipAddress: '203.0.113.2' });
    expect((await raised()).map(({ metadata }) => metadata['count'])).toEqual([3]);
  });

  test('different users from one address: each counts once', async () => {
    await world.stop();
    begin(only('spray'));
    await happened([0, 10, 20, 30], { userId: 'anna' });
    await happened([40], { userId: 'ben' });
    expect(await names()).toEqual([]);
    await happened([50], { userId: 'cem' });
    const [alert] = await raised();
    expect(alert).toMatchObject({ type: 'PASSWORD_SPRAY', message: '3 different userId in AUTH_FAILURE within 10m' });
    const kept = await world.alerts();
    expect(alert?.metadata['alerts']).toEqual([5, 4, 3].map((at) => kept[at]?.id));
    for (const user of ['anna', 'ben', 'cem']) expect(JSON.stringify(alert)).not.toContain(user);
  });

  test('failures, then an unusual access by the same user', async () => {
    await happened([100], { userId: 'anna', ipAddress: null }, 'UNUSUAL_ACCESS');
    await happened([200, 201], { userId: 'anna', ipAddress: null });
    expect(await names()).toEqual([]);
    await happened([300], { userId: 'ben', ipAddress: null }, 'UNUSUAL_ACCESS');
    expect(await names()).toEqual([]);
    await happened([300], { userId: 'anna', ipAddress: null }, 'UNUSUAL_ACCESS');
    expect(await raised()).toMatchObject([
      {
        type: 'BREAK_IN',
        message: 'Guessed a password, it seems',
        metadata: { userId: 'anna', count: 3, detection: 'break-in' },
      },
    ]);
  });

  test('what has been raised is not raised again until the group has cooled down', async () => {
    await world.stop();
    begin(only('brute-force', { cool_down: '5m' }));
    await happened([0, 1, 2, 3, 4, 5, 100, 101, 102, 302]);
    expect(await names()).toEqual(['BRUTE_FORCE']);
    // 302 s is the last that does not count.
    await happened([303, 304]);
    expect(await names()).toEqual(['BRUTE_FORCE']);
    await happened([305]);
    expect(await names()).toEqual(['BRUTE_FORCE', 'BRUTE_FORCE']);
    const [incident] = (await world.incidents()).filter(({ facts }) => facts.type === 'BRUTE_FORCE');
    expect(incident?.count).toBe(2);
  });

  test('alerts that come late and in any order count where they belong', async () => {
    await happened([200, 100, 250, 160]);
    expect(await names()).toEqual([]);
    await happened([110]);
    expect(await raised()).toMatchObject([{ occurredAt: start + 110 * second, metadata: { count: 3 } }]);
  });

  test('an access that is reported before the failures is later than they are all the same', async () => {
    await happened([300], { userId: 'anna', ipAddress: null }, 'UNUSUAL_ACCESS');
    await happened([200, 100], { userId: 'anna', ipAddress: null });
    expect(await names()).toEqual(['BREAK_IN']);
  });

  test.each([day, -day])(
    'our clock jumps by %d ms in the middle of a window: it neither fires nor loses one',
    async (jump) => {
      await happened([-100, -80]);
      world.jump(jump);
      await happened([-25]);
      expect(await names()).toEqual([]);
      await happened([-23]);
      expect(await names()).toEqual(['BRUTE_FORCE']);
      world.jump(-jump);
      await happened([-22, -21, -20]);
      expect(await names()).toEqual(['BRUTE_FORCE']);
    },
  );

  test('reporters whose clocks are far off neither use up the window of others nor silence them', async () => {
    await happened([0, 10]);
    // A day ahead is the most that is taken, and back there is no end.
    await happened([86_300, 86_301, 86_302, 86_303], { userId: 'ahead' });
    await happened([-1e9, -1e9, -1e9], { userId: 'behind' });
    expect(await names()).toEqual(['BRUTE_FORCE', 'BRUTE_FORCE']);
    await happened([20]);
    expect(await names()).toEqual(['BRUTE_FORCE', 'BRUTE_FORCE', 'BRUTE_FORCE']);
    expect((await raised()).at(-1)?.occurredAt).toBe(start + 20 * second);
  });

  test('a reporter that sends very many alerts of very many times pushes nobody out', async () => {
    await happened([0, 10]);
    await happened(Array.from({ length: 200 }, (_, at) => 3_600 + at * 100));
    await happened([20]);
    expect((await raised()).map(({ occurredAt }) => occurredAt)).toEqual([start + 20 * second]);
  });

  test('another policy in the middle of a window keeps it', async () => {
    await happened([0, 10]);
    world.setPolicy(policyOf({ reopen_within: '2h' }));
    await happened([20]);
    expect(await names()).toEqual(['BRUTE_FORCE']);
  });

  test('a lower number counts what is known, another condition begins anew', async () => {
    await world.stop();
    begin(only('brute-force', { count: 5 }));
    await happened([0, 1, 2]);
    world.setPolicy(only('brute-force', { when: 'type == "AUTH_FAILURE" && severity >= LOW', count: 3 }));
    await happened([3]);
    expect(await names()).toEqual([]);
    world.setPolicy(only('brute-force', { count: 3 }));
    await happened([4]);
    expect(await raised()).toMatchObject([{ metadata: { count: 3 } }]);
  });

  test('what detections raise is counted by no detection, and no reporter can look like one', async () => {
    await world.stop();
    begin(
      policyOf({
        detections: [
          ...(base.detections ?? []),
          {
            name: 'loop',
            group_by: [],
            count: 2,
            within: '1h',
            when: 'severity == CRITICAL',
            raise: { type: 'LOOP', severity: 'CRITICAL' },
          },
        ],
      }),
    );
    for (const ipAddress of ['a', 'b', 'c', 'd']) await happened([0, 1, 2], { ipAddress });
    expect(await names()).toEqual(['BRUTE_FORCE', 'BRUTE_FORCE', 'BRUTE_FORCE', 'BRUTE_FORCE']);
    expect(sourcePattern.test(detectionSource)).toBe(false);
    // Neither its type nor its metadata make an alert one of ours.
    const metadata = { ipAddress: 'a', detection: 'loop', count: 1, alerts: [] };
    await world.report({ type: 'LOOP', severity: CRITICAL, metadata, times: 2 });
    await world.planned();
    expect((await names()).at(-1)).toBe('LOOP');
  });

  test('without routes there are incidents of what is detected all the same', async () => {
    await world.stop();
    begin(policyOf({ routes: [] }));
    await happened([0, 1, 2]);
    expect((await world.incidents()).map(({ facts }) => facts.type)).toContain('BRUTE_FORCE');
  });

  test('without detections nothing of them is read or written', async () => {
    await world.stop();
    begin(policyOf({ detections: [] }));
    await happened([0, 1, 2]);
    expect(await names()).toEqual([]);
    expect(await world.store.windowCounts()).toEqual([]);
  });

  test('values of metadata are in neither the state nor the audit', async () => {
    await happened([0, 1, 2], { userId: 'anna.berg' });
    const keys = keysOf(takenOf(await world.alerts(), policyOf()));
    const [window, ...others] = await world.store.windows(keys);
    const text = JSON.stringify([window, others, await world.store.audit(0, 1_000)]);
    expect(window?.state).toBeDefined();
    expect(text).not.toContain('anna');
    expect(text).not.toContain(address);
    expect(await world.store.audit(0, 1_000)).toContainEqual(
      expect.objectContaining({
        action: 'detection.raised',
        subject: (await raised())[0]?.id,
        facts: { detection: 'brute-force', alerts: 3 },
      }),
    );
  });

  test('windows that nothing needs any more are let go', async () => {
    await happened([0], { ipAddress: '203.0.113.1' });
    expect((await world.store.windowCounts()).find(({ detection }) => detection === 'brute-force')?.windows).toBe(1);
    await world.at(21 * 60);
    await happened([21 * 60], { ipAddress: '203.0.113.2' });
    expect((await world.store.windowCounts()).find(({ detection }) => detection === 'brute-force')?.windows).toBe(1);
  });

  test('the groups are bounded: the one that was touched longest ago is forgotten, and that is told', async () => {
    await world.stop();
    begin(only('brute-force'), { mostGroups: 10 });
    await happened([0, 1], { ipAddress: 'first' });
    await happened([0, 1], { ipAddress: 'second' });
    for (let n = 0; n < 8; n++) await happened([n], { ipAddress: `group ${n}` });
    await happened([2], { ipAddress: 'first' });
    await happened([3, 3, 3, 3], { ipAddress: 'eleventh' });
    expect(await names()).toEqual(['BRUTE_FORCE', 'BRUTE_FORCE']);
    // The second was forgotten for the eleventh.
    await happened([2], { ipAddress: 'second' });
    expect(await names()).toEqual(['BRUTE_FORCE', 'BRUTE_FORCE']);
    await world.reportOnly({ metadata: { ipAddress: 'x' } });
    for (let n = 0; n < 1_000; n++) await world.reportOnly({ metadata: { ipAddress: `many ${n}` } });
    await world.planned();
    expect(await world.store.windowCounts()).toEqual([{ detection: 'brute-force', windows: 10 }]);
    const audit = await world.store.audit(0, 10_000);
    const forgotten = audit.filter(({ action }) => action === 'detection.forgot');
    expect(forgotten[0]).toMatchObject({ subject: 'brute-force', facts: { detection: 'brute-force', groups: 1 } });
    expect(forgotten.reduce((sum, { facts }) => sum + Number(facts['groups']), 0)).toBe(12 + 1_001 - 10);
  });

  describe('explain says how far each window is filled:', () => {
    const explained = async (what: Parameters<World['desk']['explain']>[0]): Promise<readonly string[]> =>
      (await world.desk.explain(what)).steps
        .filter(({ name }) => name.startsWith('detection'))
        .map(({ name, verdict, detail }) => `${verdict} ${name}: ${detail}`);
    const draft = {
      type: 'AUTH_FAILURE',
      severity: MEDIUM,
      message: 'x',
      metadata: { ipAddress: address, userId: 'anna' },
    } as const;

    test('of a kept alert, and of one that might come', async () => {
      await happened([0, 1], { userId: 'anna' });
      const [first] = await world.alerts();
      expect(await explained({ alertId: first?.id ?? '' })).toEqual([
        'info detection brute-force: of the same ipAddress: 2 of 3 within 1m',
        'info detection spray: of the same ipAddress: 1 of 3 different userId within 10m',
        'info detection break-in: of the same userId: 2 of 2, then 0 of 1 within 15m',
      ]);
      await world.at(2);
      const access = { ...draft, type: 'UNUSUAL_ACCESS' };
      expect(await explained({ draft, source: 'x' })).toEqual([
        'yes detection brute-force: of the same ipAddress: would raise BRUTE_FORCE on 3 alerts',
        'info detection spray: of the same ipAddress: 1 of 3 different userId within 10m',
        'info detection break-in: of the same userId: 2 of 2, then 0 of 1 within 15m',
      ]);
      expect(await explained({ draft: access, source: 'x' })).toEqual([
        'yes detection break-in: of the same userId: would raise BREAK_IN on 3 alerts',
      ]);
      // It was thrown away: nothing has changed by asking.
      expect(await names()).toEqual([]);
    });

    test('and of a group that cools down', async () => {
      await happened([0, 1, 2]);
      const [first] = await explained({ draft, source: 'x' });
      const until = new Date(start + 2 * second + 15 * minute).toISOString();
      expect(first).toBe(
        `no detection brute-force: of the same ipAddress: BRUTE_FORCE was raised, and the group cools down until ${until}`,
      );
    });
  });
});
