import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PolicyServiceClient, PolicyServiceService, ReloadPolicyRequest } from '@therapytrain/alerts-api';
import { type AlertClient, createAlertClient } from '@therapytrain/alerts-client';
import { AlertSeverity } from '@therapytrain/alerts-core';
import type { Policy } from '@therapytrain/alerts-manager';
import { createLogger } from '@therapytrain/alerts-telemetry';
import { systemClock } from '@therapytrain/alerts-core';
import { credentials } from '@grpc/grpc-js';
import { loadPolicyFile, readPolicyFile } from '../src/policy-file.ts';
import { createPolicyInForce } from '../src/policy-in-force.ts';
import { after, openGateway, rawCall, type TestGateway } from './support.ts';
import { call } from './support/desk-clients.ts';
import { silenceOf } from './support/desk-samples.ts';
import { createSmallDesk } from './support/small-desk.ts';

const text = `
channels:
  mail: { kind: email, host: mail.test, from: a@b.test, recipients: [c@d.test] }
  chat: { kind: slack, token: { env: TOKEN }, channel: '#security' }
receivers: { security: { channels: [mail, chat] }, few: { channels: [mail] } }
routes: [{ name: all, when: severity >= MEDIUM, receivers: [security] }]
`;
const fewer = text.replace('receivers: [security] }]', 'receivers: [few] }]');
const draft = (userId: string, severity: AlertSeverity = AlertSeverity.HIGH) => ({
  type: 'AUTH_FAILURE',
  message: 'Failed login',
  severity,
  metadata: { userId },
});

describe('PolicyService', () => {
  const directory = mkdtempSync(join(tmpdir(), 'policy-rpc-'));
  const file = join(directory, 'policy.yaml');
  const environment = { TOKEN: 'xoxb-very-secret' };
  let at: TestGateway;
  let client: AlertClient;
  let raw: PolicyServiceClient;

  beforeAll(async () => {
    writeFileSync(file, text);
    const first = loadPolicyFile(file, { environment });
    let inForce: Policy = first.policy;
    const requests = new Set<string>();
    const policies = createPolicyInForce({
      ...{ file, first, policy: () => inForce, clock: systemClock },
      read: (path) => readPolicyFile(path, environment),
      prepare: (next) => ({ differ: false, use: () => void (inForce = next), drop: async () => undefined }),
      record: async (_, request) => void (request !== undefined && requests.add(request)),
      applied: async (request) => requests.has(request),
      metrics: { reloaded: () => undefined, watch: () => undefined },
      logger: createLogger({ level: 'silent' }),
    });
    const { desk } = createSmallDesk({ silences: [silenceOf(1, { when: 'source == "noisy"', until: 9e15 })] });
    const channels = [
      { channel: 'chat', breaker: 'open', canaryAge: 61_500 },
      { channel: 'mail', breaker: 'closed', canaryAge: undefined },
    ] as const;
    const planning = () => ({ lag: 7, busy: 2, channels });
    at = await openGateway({ inMemory: true, policies, desk, planning, policy: () => inForce }, 'all');
    client = createAlertClient({ address: at.gateway.address, source: 'alice' });
    after(() => client.close(), 'all');
    raw = new PolicyServiceClient(at.gateway.address, credentials.createInsecure());
    after(() => raw.close(), 'all');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('tells the policy in force, and never a secret', async () => {
    const policy = await client.policy.get();
    expect(policy).toMatchObject({ file, refused: undefined, version: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(policy.text).toContain('env: TOKEN');
    expect(JSON.stringify(policy)).not.toContain('xoxb');
  });

  test('checks another: its faults and lints, and what it would do otherwise', async () => {
    const checked = await client.policy.check(fewer);
    expect(checked.faults).toEqual([]);
    expect(checked.lints.length).toBeGreaterThan(0);
    expect(checked.changes[0]).toEqual({
      kind: 'lost',
      text: 'CRITICAL of every type no longer reaches chat (slack)',
    });
    const { faults, version } = await client.policy.check('routes: 1\nnope: hunter2\n');
    expect(faults.map(({ line, path }) => [line, path])).toEqual([
      [1, 'routes'],
      [2, 'nope'],
    ]);
    expect([version, JSON.stringify(faults).includes('hunter2')]).toEqual(['', false]);
    await expect(client.policy.check(' ')).rejects.toMatchObject({ code: 'FIELD_INVALID' });
  });

  test('does not look for the secrets that somebody names: it is no way to ask what is in the environment', async () => {
    const named = (name: string) => client.policy.check(text.replace('TOKEN', name));
    expect((await named('HOME')).faults).toEqual((await named('NO_SUCH_VARIABLE')).faults);
    const inFile = (path: string) => client.policy.check(text.replace('env: TOKEN', `file: ${path}`));
    expect((await inFile('/etc/passwd')).faults).toEqual((await inFile('/no/such/file')).faults);
  });

  test('simulates: where alerts would go, what holds them back, and nothing is kept', async () => {
    const noon = Date.parse('2026-01-05T12:00:00Z');
    const { alerts, version } = await client.policy.simulate({
      alerts: [
        { draft: draft('anna'), at: noon },
        { draft: draft('anna'), at: noon + 1_000 },
        { draft: draft('ben', AlertSeverity.LOW), at: noon },
        { draft: { ...draft('x'), message: '' }, at: noon },
      ],
    });
    expect(version).toBe((await client.policy.get()).version);
    expect(alerts).toMatchObject([
      { routes: ['all'], receivers: ['security'], notices: [{ channel: 'mail' }, { channel: 'chat' }], refused: '' },
      { incident: { count: 2 }, notices: [{ event: 'updated' }, { event: 'updated' }] },
      { routes: [], notices: [], suppressed: undefined },
      { refused: expect.stringContaining('FIELD_INVALID'), incident: undefined },
    ]);
    expect(alerts[0]?.incident?.id).toBe(alerts[1]?.incident?.id);
    expect(alerts[0]?.notices[0]?.due).toBe(noon);
    expect(at.log.bounds().newest).toBe(0);
    const noisy = createAlertClient({ address: at.gateway.address, source: 'noisy' });
    after(() => noisy.close());
    const held = await noisy.policy.simulate({ alerts: [{ draft: draft('anna') }] });
    expect(held.alerts[0]).toMatchObject({ suppressed: { by: 'silence' }, notices: [] });
    const other = await client.policy.simulate({ text: fewer, alerts: [{ draft: draft('anna') }] });
    expect(other.alerts[0]?.receivers).toEqual(['few']);
  });

  test('refuses a script without alerts, one that is too long, and a policy with faults', async () => {
    await expect(client.policy.simulate({ alerts: [] })).rejects.toMatchObject({ code: 'FIELD_INVALID' });
    const many = Array.from({ length: 201 }, () => ({ draft: draft('a') }));
    expect((await client.policy.simulate({ text, alerts: many.slice(1) })).alerts).toHaveLength(200);
    await expect(client.policy.simulate({ alerts: many })).rejects.toMatchObject({ code: 'FIELD_INVALID' });
    const bad = client.policy.simulate({ text: 'nope: 1', alerts: [{ draft: draft('a') }] });
    await expect(bad).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });

  test('simulates what playbooks would do, and acts on nothing', async () => {
    const acting = `${text}
responders: { block: { kind: block-address }, out: { kind: revoke-sessions } }
playbooks:
  - name: attack
    when: type == "AUTH_FAILURE"
    mode: enforce
    approvers: 1
    steps: [{ responder: out, target: userId }, { responder: block, target: ipAddress, for: 1h }]
`;
    const { alerts } = await client.policy.simulate({ text: acting, alerts: [{ draft: draft('anna') }] });
    expect(alerts[0]?.responses).toEqual([{ playbook: 'attack', responder: 'out', mode: 'approve' }]);
  });

  test('refuses what does not decode, and fields that break their rules', async () => {
    for (const method of ['GetPolicy', 'CheckPolicy', 'ReloadPolicy', 'SimulatePolicy']) {
      const { refusal } = await rawCall(raw, `PolicyService/${method}`, Buffer.from([0x0a, 0x05, 0x41]));
      expect([method, refusal?.reason]).toEqual([method, 'MESSAGE_MALFORMED']);
    }
    const request = ReloadPolicyRequest.fromPartial({ requestId: 'no', expectedVersion: 'none' });
    const { refusal } = await call(raw, PolicyServiceService.reloadPolicy, request);
    expect([refusal?.reason, refusal?.message]).toEqual([
      'FIELD_INVALID',
      expect.stringMatching(/requestId.*expectedVersion/),
    ]);
  });

  test('GetStatus tells counters, lag and policy', async () => {
    const before = await client.status();
    await client.report(draft('anna'));
    const requestId = crypto.randomUUID();
    for (let n = 0; n < 2; n++) await client.report({ ...draft('ben'), requestId });
    await client.report({ ...draft('x'), type: 'NOPE_X', severity: undefined as never }).catch(() => undefined);
    const status = await client.status();
    expect(status).toMatchObject({
      version: '0.0.0-test',
      reports: { kept: before.reports.kept + 2, duplicate: 1, refused: 1, shed: 0 },
      planning: {
        lag: 7,
        busy: 2,
        channels: [
          { channel: 'chat', breaker: 'open', canaryAge: 61_500 },
          { channel: 'mail', breaker: 'closed', canaryAge: undefined },
        ],
      },
      policy: { version: (await client.policy.get()).version, refused: undefined },
      newestSequence: 2,
    });
    expect(status.serverTime).toBeGreaterThanOrEqual(status.startedAt);
    const bare = await openGateway({ inMemory: true });
    const other = createAlertClient({ address: bare.gateway.address });
    after(() => other.close());
    expect(await other.status()).toMatchObject({ planning: undefined, policy: undefined });
    await expect(other.policy.get()).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  });
});
