import { describe, expect, test } from '@jest/globals';
import { type RefusedPolicy } from '@therapytrain/alerts-client';
import { AlertError } from '@therapytrain/alerts-core';
import { epoch } from '@therapytrain/alerts-testkit';
import { deskRun } from './support/desk-run.ts';
import { policyOf, statusOf } from './support/small-client.ts';

const changes = [
  { kind: 'lost' as const, text: 'HIGH of every type no longer reaches mail (email)' },
  { kind: 'gained' as const, text: 'LOW of every type now reaches chat (slack)' },
];
const lossy: RefusedPolicy = {
  at: epoch - 5_000,
  code: 'COVERAGE_LOST',
  message: 'the new policy tells fewer: HIGH of every type no longer reaches mail (email)',
  faults: [],
  version: 'ffffffffffff',
  changes,
};
const refuse = (code: 'COVERAGE_LOST' | 'POLICY_INVALID') => () => {
  throw new AlertError(code, 'refused');
};
const taken = () => ({ version: 'ffffffffffff', previousVersion: '0123456789ab', changes, lints: [] });

const text = `
channels: { mail: { kind: email, host: h, from: a@b.c, recipients: [d@e.f] }, pager: { kind: pagerduty, routingKey: { env: K } } }
receivers: { team: { channels: [mail], fallback: [pager] } }
routes:
  - { name: urgent, when: severity == CRITICAL, receivers: [team], remind_every: 1h, routes: [{ name: data, when: 'type == "DATA_VIOLATION"' }, { name: rest }] }
  - { name: all, receivers: [] }
escalations: { HIGH: { receivers: [team] } }
maintenance: [{ name: night, when: 'true', time_zone: UTC, every: { days: [MON], from: '01:00', until: '02:00' } }]
`;

describe('alertctl policy show', () => {
  test('shows the policy in force as a tree', async () => {
    const { exitCode, out } = await deskRun({ policy: policyOf({ text }) }, ['policy', 'show']);
    expect(exitCode).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe('Version:        0123456789ab');
    expect(out).toContain('From:           /etc/alerts/policy.yaml');
    expect(lines.filter((line) => /urgent|data|rest|all/.test(line)).map((line) => line.trimEnd())).toEqual([
      'urgent   team       severity == CRITICAL      news every 5m, reminds every 1h',
      '├─ data  team       type == "DATA_VIOLATION"  news every 5m, reminds every 1h',
      '└─ rest  team       always                    news every 5m, reminds every 1h',
      'all      nobody     always                    news every 5m',
    ]);
    expect(out).toContain('team      mail      pager');
    expect(out).toContain('HIGH unacknowledged after 1h: team, again 3 times');
    expect(out).toContain('Held back by maintenance night');
  });

  test('fits the terminal', async () => {
    const { out } = await deskRun({ policy: policyOf({ text }) }, ['policy', 'show'], { columns: 60 });
    for (const line of out.split('\n').slice(4, 9)) expect(line.length).toBeLessThanOrEqual(60);
  });

  test('says what was refused, and what to do about it', async () => {
    const { out } = await deskRun({ policy: policyOf({ refused: lossy }) }, ['policy', 'show']);
    expect(out).toContain('Refused 5s ago');
    expect(out).toContain('lost      HIGH of every type no longer reaches mail (email)');
    expect(out).toContain('alertctl policy reload --accept-lost-coverage');
  });

  test('prints YAML and JSON', async () => {
    const policy = policyOf({ refused: lossy });
    expect((await deskRun({ policy }, ['policy', 'show', '--yaml'])).out).toBe('routes: []\n');
    const { out } = await deskRun({ policy }, ['policy', 'show', '--json']);
    expect(JSON.parse(out)).toMatchObject({ version: '0123456789ab', refused: { code: 'COVERAGE_LOST' } });
  });
});

describe('alertctl policy reload', () => {
  test('says what is different, and what is in force', async () => {
    const { exitCode, out } = await deskRun({ reloads: [taken] }, ['policy', 'reload']);
    expect([exitCode, out.split('\n')]).toEqual([
      0,
      [
        'lost      HIGH of every type no longer reaches mail (email)',
        'gained    LOW of every type now reaches chat (slack)',
        'ffffffffffff is in force, 2 differences',
        '',
      ],
    ]);
  });

  test('changes nothing in a dry run', async () => {
    const { out, has } = await deskRun({ reloads: [taken] }, ['policy', 'reload', '--dry-run']);
    expect(out).toContain('ffffffffffff would be in force');
    expect(has.asked).toEqual([['reload', expect.objectContaining({ dryRun: true, acceptLostCoverage: false })]]);
  });

  test('asks before coverage is lost, and accepts that file and no other', async () => {
    const contents = { policy: policyOf({ refused: lossy }), reloads: [refuse('COVERAGE_LOST'), taken] };
    const { exitCode, out, error, has } = await deskRun(contents, ['policy', 'reload'], { typed: 'y\n' });
    expect(exitCode).toBe(0);
    expect(error).toContain('Lose this coverage (1 of these differences)? [y/N]');
    expect(has.asked[1]).toEqual(['reload', { acceptLostCoverage: true, expectedVersion: 'ffffffffffff' }]);
    expect(out.split('\n').filter((line) => line.startsWith('lost '))).toHaveLength(1);
  });

  test.each([
    ['is told no', { typed: 'n\n' }],
    ['can ask nobody', {}],
  ])('ends with 1 where it %s', async (_, options) => {
    const contents = { policy: policyOf({ refused: lossy }), reloads: [refuse('COVERAGE_LOST')] };
    const { exitCode, out, has } = await deskRun(contents, ['policy', 'reload'], options);
    expect([exitCode, has.asked.length]).toEqual([1, 1]);
    expect(out).toContain('--accept-lost-coverage');
  });

  test('says what is wrong with a file', async () => {
    const fault = { line: 3, column: 7, path: 'routes', rule: 'is not a list', hint: 'write a list' };
    const refused = { ...lossy, code: 'POLICY_INVALID', faults: [fault], changes: [], version: '' };
    const contents = () => ({ policy: policyOf({ refused }), reloads: [refuse('POLICY_INVALID')] });
    const { exitCode, out } = await deskRun(contents(), ['policy', 'reload']);
    expect(exitCode).toBe(1);
    expect(out).toContain('/etc/alerts/policy.yaml:3:7: fault: routes: is not a list');
    const json = await deskRun(contents(), ['policy', 'reload', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ inForce: false, refused: { faults: [fault] } });
  });
});

test('alertctl status shows the policy in force, and a change of it that was refused', async () => {
  const policy = { version: '0123456789ab', loadedAt: epoch, refused: lossy };
  const { exitCode, out } = await deskRun({ status: statusOf({ policy }) }, ['status']);
  expect(exitCode).toBe(0);
  expect(out).toContain('0123456789ab  the last change was refused 5s ago (COVERAGE_LOST), see alertctl policy show');
  const json = await deskRun({ status: statusOf({ policy }) }, ['status', '--json']);
  expect(JSON.parse(json.out)).toMatchObject({
    policy: { refused: { code: 'COVERAGE_LOST' } },
    reports: { kept: 1_000 },
  });
});
