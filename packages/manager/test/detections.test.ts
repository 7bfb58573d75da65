import { describe, expect, test } from '@jest/globals';
import { AlertError, type AppendResult, decodeAlert } from '@therapytrain/alerts-core';
import {
  createFlow,
  createMemoryLog,
  createPolicy,
  detectionSource,
  type Flow,
  policySchema,
} from '@therapytrain/alerts-manager';
import { createMemoryStore, testPorts } from '@therapytrain/alerts-testkit';
import { createDetections } from '../src/detections.ts';

const day = 86_400_000;

const policyWith = (severity: 'LOW' | 'HIGH') =>
  createPolicy(
    policySchema.parse({
      detections: [
        { name: 'd', group_by: ['userId'], count: 2, within: '1m', raise: { type: 'D', severity, message: 'Seen' } },
      ],
    }),
  );

/** Two alerts that complete a detection, in a log of their own. */
const begin = async () => {
  const ports = testPorts();
  const log = createMemoryLog();
  const store = createMemoryStore(ports);
  const flow = createFlow({ log, types: () => policyWith('LOW').types, ports });
  const draft = { type: 'AUTH_FAILURE', severity: 2, message: 'x', metadata: { userId: 'anna' } } as const;
  const occurredAt = ports.clock.now() + day;
  await flow.reportAll(
    [draft, draft].map((each) => ({ ...each, occurredAt })),
    'sign-in',
  );
  const kept = async () => (await log.read(0, 100)).alerts.map(({ encoded }) => decodeAlert(encoded));
  const alerts = await kept();
  const [raised, defects]: [string[], unknown[]] = [[], []];
  const run = (severity: 'LOW' | 'HIGH', reportAll: Flow['reportAll'] = flow.reportAll) =>
    createDetections({
      ...{ store, reportAll, mostGroups: 10 },
      onRaised: (name) => void raised.push(name),
      onDefect: (error) => void defects.push(error),
    })(alerts, { policy: policyWith(severity), now: ports.clock.now() });
  const found = async () => (await kept()).filter(({ source }) => source === detectionSource);
  return { ports, run, found, alerts, raised, defects };
};

describe('what is raised before its commit', () => {
  test('is raised once, however often the process dies before the commit', async () => {
    const { run, found, raised } = await begin();
    const [first, second] = [await run('LOW'), await run('LOW')];
    const [alert, ...others] = await found();
    expect(others).toEqual([]);
    expect(second).toEqual(first);
    expect(first?.audit).toMatchObject([{ action: 'detection.raised', subject: alert?.id }]);
    expect(raised).toEqual(['d']);
  });

  test('nor again when the policy says meanwhile that it be raised otherwise', async () => {
    const { run, found, raised, defects, alerts } = await begin();
    await run('LOW');
    const again = await run('HIGH');
    expect((await found()).map(({ severity }) => severity)).toEqual([1]);
    expect(again?.audit).toMatchObject([{ action: 'detection.raised', subject: alerts[1]?.id }]);
    expect([raised, defects]).toEqual([['d'], []]);
  });

  test('is told when our clock has gone back since, too', async () => {
    const { ports, run, found } = await begin();
    ports.clock.set(ports.clock.now() - 3 * day);
    await run('LOW');
    expect((await found()).map(({ occurredAt }) => occurredAt)).toEqual([ports.clock.now() + day]);
  });

  test('and that is refused is told as a defect, and holds nothing up', async () => {
    const { run, defects, raised } = await begin();
    const refusal = new AlertError('FIELD_INVALID', 'no');
    const remembered = await run('LOW', async (drafts): Promise<readonly AppendResult[]> => drafts.map(() => refusal));
    expect(remembered?.audit).toMatchObject([
      { action: 'detection.refused', facts: { detection: 'd', code: 'FIELD_INVALID' } },
    ]);
    expect(remembered?.windows).toHaveLength(1);
    expect([defects, raised]).toEqual([[refusal], []]);
  });
});
