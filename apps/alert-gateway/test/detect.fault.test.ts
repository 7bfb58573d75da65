import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createAlertClient } from '@therapytrain/alerts-client';
import { waitFor } from '@therapytrain/alerts-testkit';
import { after, temporaryDirectory } from './support.ts';
import { type Child, startChild } from './support/child.ts';

const policyText = `
detections:
  - name: brute-force
    when: type == "AUTH_FAILURE"
    group_by: [ipAddress]
    count: 10
    within: 1m
    raise: { type: BRUTE_FORCE, severity: HIGH }
`;

const addresses = Array.from({ length: 30 }, (_, n) => `198.51.100.${n}`);

test('kill -9 in the middle of windows neither loses a detection nor makes one twice', async () => {
  const data = await temporaryDirectory();
  const policy = join(data, 'policy.yaml');
  writeFileSync(policy, policyText);
  const start = async (): Promise<Child> => {
    const child = startChild(['--listen', '127.0.0.1:0', '--data', data, '--policy', policy]);
    after(() => child.signal('SIGKILL'));
    await child.listening();
    return child;
  };
  let child = await start();
  const connect = async () => createAlertClient({ address: await child.listening(), source: 'sign-in' });
  let client = await connect();
  after(() => client.close());
  const began = Date.now() - 30_000;
  const ids = new Map<string, string[]>(addresses.map((address) => [address, []]));
  // Each address fails ten times, spread over several lives of the process.
  for (let turn = 0; turn < 10; turn++) {
    const receipts = await Promise.all(
      addresses.map((ipAddress, n) =>
        client.report({
          type: 'AUTH_FAILURE',
          message: 'Failed login',
          metadata: { ipAddress, userId: `user-${n}` },
          occurredAt: began + turn * 1_000 + n,
        }),
      ),
    );
    receipts.forEach((receipt, n) => ids.get(addresses[n] ?? '')?.push('alertId' in receipt ? receipt.alertId : ''));
    if (turn % 3 !== 2 && turn !== 9) continue;
    // At once, so that it dies while it plans what it has just kept.
    child.signal('SIGKILL');
    await client.close();
    await child.ended();
    child = await start();
    client = await connect();
  }
  const raised = async () => {
    const { alerts } = await client.list({ filter: 'type == "BRUTE_FORCE"', pageSize: 100 });
    return alerts;
  };
  const planned = async (): Promise<boolean> => {
    const { incidents } = await client.incidents.list({ pageSize: 100 });
    return incidents.filter(({ title }) => title === 'brute-force: 10 AUTH_FAILURE within 1m').length === 30;
  };
  await waitFor(planned, { deadline: 30_000, what: 'every detection to be planned' });
  const alerts = await raised();
  expect(alerts.map(({ metadata }) => metadata['ipAddress']).sort()).toEqual([...addresses].sort());
  for (const { metadata, source, occurredAt } of alerts) {
    expect(source).toBe('gateway:detections');
    expect(occurredAt).toBe(began + 9_000 + addresses.indexOf(String(metadata['ipAddress'])));
    expect(metadata).toMatchObject({ detection: 'brute-force', count: 10 });
    expect(metadata['alerts']).toEqual(ids.get(String(metadata['ipAddress']))?.toReversed());
  }
}, 120_000);
