import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertError, type NewAuditEntry } from '@therapytrain/alerts-core';
import type { Policy } from '@therapytrain/alerts-manager';
import { createLogger } from '@therapytrain/alerts-telemetry';
import { epoch, testPorts } from '@therapytrain/alerts-testkit';
import { loadPolicyFile, readPolicyFile } from '../src/policy-file.ts';
import { createPolicyInForce, type PolicyInForce, type Reload } from '../src/policy-in-force.ts';

const head = `
# the password of the mail server is hunter2
channels:
  mail: { kind: email, host: mail.test, from: a@b.test, recipients: [c@d.test], user: u, pass: { env: PASS } }
  chat: { kind: slack, token: { env: TOKEN }, channel: '#security' }
receivers: { security: { channels: [mail, chat] }, few: { channels: [mail] } }
`;
const full = `${head}routes: [{ name: all, receivers: [security] }]\n`;
const fewer = `${head}routes: [{ name: all, receivers: [few] }]\n`;
const slower = `${head}routes: [{ name: all, receivers: [security], first_notify_after: 1m }]\n`;
const bad = `${head}routes: [{ name: all, receivers: [nobody] }]\nnope: { pass: hunter3 }\n`;

describe('the policy in force', () => {
  let directory: string;
  let file: string;
  let policies: PolicyInForce;
  let inForce: Policy;
  let audit: NewAuditEntry[];
  let logged: string[];
  let used: string[];
  let requests: Set<string>;
  let fails: AlertError | undefined;
  let environment: Record<string, string>;
  const { clock } = testPorts();
  const write = (text: string): void => writeFileSync(file, text);
  const reload = (more: Partial<Reload> = {}) => policies.reload({ cause: 'call', by: 'ann', ...more });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'in-force-'));
    file = join(directory, 'policy.yaml');
    write(full);
    environment = { PASS: 'secret-one', TOKEN: 'xoxb-secret-two' };
    const first = loadPolicyFile(file, { environment });
    inForce = first.policy;
    [audit, logged, used, fails] = [[], [], [], undefined];
    requests = new Set();
    const secrets = (): string => Object.values(environment).join();
    let before = secrets();
    policies = createPolicyInForce({
      file,
      first,
      read: (path) => readPolicyFile(path, environment),
      policy: () => inForce,
      prepare: (next) => {
        const differ = before !== secrets();
        return {
          differ,
          use: () => {
            inForce = next;
            before = secrets();
            used.push(next.version);
          },
          drop: async () => void used.push('dropped'),
        };
      },
      record: async (entries, request) => {
        if (fails) throw fails;
        audit.push(...entries);
        if (request !== undefined) requests.add(request);
      },
      applied: async (request) => requests.has(request),
      clock,
      metrics: { reloaded: (...told) => void used.push(told.filter(Boolean).join(' ')), watch: () => undefined },
      logger: createLogger({ level: 'info', destination: { write: (line: string) => void logged.push(line) } }),
    });
    used = [];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('is another one after a reload, and the log and the audit say what it does otherwise', async () => {
    write(slower);
    const before = inForce.version;
    const reloaded = await reload();
    expect(reloaded).toMatchObject({ version: inForce.version, before, changes: [{ kind: 'changed' }] });
    expect(inForce.version).not.toBe(before);
    expect(used).toEqual([inForce.version, 'call in_force']);
    expect(audit).toEqual([
      {
        at: epoch,
        actor: 'ann',
        action: 'policy.changed',
        subject: inForce.version,
        facts: { cause: 'call', before, differences: 1, lost: 0, doubtful: 0, gained: 0, changed: 1 },
      },
    ]);
    expect(logged.join('')).toContain('changed: the route all waits 1m before the first notice, not 0s');
  });

  test('stays where the file has faults, which are told by place and rule and never by value', async () => {
    write(bad);
    const before = policies.state();
    await expect(reload({ cause: 'file' })).rejects.toMatchObject({ code: 'POLICY_INVALID' });
    const { refused, ...rest } = policies.state();
    expect({ ...rest, refused: undefined }).toEqual(before);
    expect(refused).toMatchObject({ code: 'POLICY_INVALID', at: epoch, version: '', changes: [] });
    expect(refused?.faults.map(({ path }) => path)).toEqual(['routes[0].receivers[0]', 'nope']);
    expect(used).toEqual(['file refused POLICY_INVALID']);
    expect(audit).toMatchObject([{ action: 'policy.refused', facts: { reason: 'POLICY_INVALID', faults: 2 } }]);
    expect(JSON.stringify([refused, logged, audit])).not.toMatch(/hunter|secret-/);
  });

  test('stays where coverage would be lost, until that is accepted; each loss is in the audit', async () => {
    write(fewer);
    await expect(reload({ cause: 'signal', by: 'gateway' })).rejects.toMatchObject({ code: 'COVERAGE_LOST' });
    const { refused } = policies.state();
    const lost = refused?.changes.filter(({ kind }) => kind === 'lost').map(({ text }) => text);
    expect(lost?.[0]).toBe('CRITICAL of every type no longer reaches chat (slack)');
    expect(lost).toHaveLength(4);
    expect(logged.join('')).toContain('alertctl policy reload --accept-lost-coverage');
    audit = [];
    const reloaded = await reload({ acceptLostCoverage: true, expected: refused?.version ?? '' });
    expect([reloaded.version, inForce.version]).toEqual([refused?.version, refused?.version]);
    expect(policies.state().refused).toBeUndefined();
    expect(audit.map(({ action, actor, facts }) => [action, actor, facts['what'] ?? facts['lost']])).toEqual([
      ['policy.changed', 'ann', 4],
      ...(lost ?? []).map((text) => ['policy.coverage_lost', 'ann', text]),
    ]);
  });

  test('is not changed by who expected another version, nor is that told as an attempt', async () => {
    write(slower);
    await expect(reload({ expected: '0123456789ab' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect([used, audit, policies.state().refused]).toEqual([[], [], undefined]);
  });

  test('is not changed by a dry run, which says all the same', async () => {
    write(fewer);
    const { changes, version } = await reload({ dryRun: true });
    expect(changes[0]?.kind).toBe('lost');
    expect(version).not.toBe(inForce.version);
    write(bad);
    await expect(reload({ dryRun: true })).rejects.toMatchObject({ code: 'POLICY_INVALID' });
    expect([used, audit, policies.state().refused]).toEqual([[], [], undefined]);
  });

  test('stays where the audit cannot be written, and what was built is let go', async () => {
    write(slower);
    fails = new AlertError('DISK_FULL', 'there is no space');
    const before = inForce;
    await expect(reload()).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(inForce).toBe(before);
    expect(used).toEqual(['dropped', 'call refused DISK_FULL']);
    fails = undefined;
    await reload();
    expect(policies.state().refused).toBeUndefined();
  });

  test('is not put in force again while nothing differs; a secret that differs is something', async () => {
    await reload();
    expect([used, audit]).toEqual([[inForce.version, 'call unchanged'], []]);
    environment['PASS'] = 'another';
    await reload({ cause: 'signal' });
    expect(audit).toMatchObject([{ action: 'policy.changed', facts: { differences: 0, cause: 'signal' } }]);
  });

  test('is changed once by a request, whatever the file says when it is sent again', async () => {
    write(slower);
    const { version, before } = await reload({ request: 'a' });
    expect(version).not.toBe(before);
    write(full);
    expect(await reload({ request: 'a' })).toEqual({ version, before: version, changes: [], lints: [] });
    expect([inForce.version, audit.length]).toEqual([version, 1]);
    // Somebody else's request is another one, and so is another of the same caller.
    expect(await reload({ request: 'a', by: 'ben' })).toMatchObject({ version: before, before: version });
    // It found nothing that differs, and that was its answer.
    expect(await reload({ request: 'b' })).toMatchObject({ version: before, before });
    write(slower);
    expect(await reload({ request: 'b' })).toMatchObject({ version: before, before });
    expect(await reload({ request: 'c' })).toMatchObject({ version, before });
  });

  test('a request that was refused, or only tried, may be sent again', async () => {
    write(bad);
    await expect(reload({ request: 'a' })).rejects.toMatchObject({ code: 'POLICY_INVALID' });
    write(slower);
    expect((await reload({ request: 'a', dryRun: true })).changes).toHaveLength(1);
    expect((await reload({ request: 'a' })).changes).toHaveLength(1);
    // The answer to a dry run says what would be, also under the id of what was done.
    write(full);
    expect((await reload({ request: 'a', dryRun: true })).changes).toHaveLength(1);
  });

  test('a file that is as it was before takes a refusal back', async () => {
    write(bad);
    await reload().catch(() => undefined);
    write(full);
    await reload();
    expect(policies.state().refused).toBeUndefined();
  });

  test('is changed by one reload at a time, in the order in which they were asked for', async () => {
    write(slower);
    const first = reload();
    const second = reload();
    expect([(await first).changes.length, (await second).changes.length]).toEqual([1, 0]);
    expect(audit).toHaveLength(1);
  });

  test('stays where the file is gone', async () => {
    rmSync(file);
    await expect(reload()).rejects.toMatchObject({ code: 'POLICY_INVALID' });
    expect(policies.state().refused?.message).toContain('cannot be read (ENOENT)');
  });

  test('is told in YAML, without comments and without a secret', () => {
    const { text, version, file: from, loadedAt } = policies.state();
    expect(text).toContain('env: PASS');
    expect(text).not.toMatch(/hunter|secret|#\s*the/);
    expect([version, from, loadedAt]).toEqual([inForce.version, file, epoch]);
  });

  test('a policy that somebody sends is looked at, and its secrets are not looked for', () => {
    const { faults, changes } = policies.check(`${fewer}`.replaceAll('PASS', 'HOME'));
    expect(faults).toEqual([]);
    expect(changes[0]).toEqual({ kind: 'lost', text: 'CRITICAL of every type no longer reaches chat (slack)' });
    expect(policies.check(bad).faults).toHaveLength(2);
    expect(used).toEqual([]);
  });
});
