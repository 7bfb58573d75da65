import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { draftOf, requestIdOf, waitFor } from '@therapytrain/alerts-testkit';
import { createAlertClient } from '../src/index.ts';
import { endChildren, startChild } from './support/child.ts';
import { type SmallGateway, startSmallGateway } from './support/small-gateway.ts';

jest.setTimeout(180_000);

const reporter = new URL('./support/reporter.ts', import.meta.url);
const perRound = 400;

let gateway: SmallGateway;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'client-'));
  gateway = await startSmallGateway();
});

afterEach(() => {
  endChildren();
  gateway.stop();
  rmSync(directory, { recursive: true });
});

test('a reporter that is killed again and again, with the gateway coming and going, loses nothing and doubles nothing', async () => {
  const promised = new Set<number>();
  const { port, log } = gateway;
  const restart = async (): Promise<void> => {
    gateway = await startSmallGateway({ port, log });
  };
  // Killed in different states: spooling, draining, reporting with the gateway there, and in between.
  for (const [round, goes] of ['away', 'comes back', 'goes away', 'away', 'comes back'].entries()) {
    if (goes === 'away') gateway.stop();
    const child = startChild(reporter, [gateway.address, directory, String(round * perRound), String(perRound)]);
    const resolved = (): string[] => child.lines.filter((line) => / (kept|spooled)$/.test(line));
    await waitFor(() => resolved().length >= 40, { deadline: 60_000, what: 'some reports' });
    if (goes === 'comes back') await restart();
    if (goes === 'goes away') gateway.stop();
    await waitFor(() => resolved().length >= 120, { deadline: 60_000, what: 'more reports' });
    await child.kill();
    expect(child.lines.filter((line) => line.includes('refused'))).toEqual([]);
    for (const line of resolved()) promised.add(Number(line.split(' ')[0]));
  }
  expect(promised.size).toBeGreaterThanOrEqual(5 * 120);
  gateway.stop();
  await restart();
  const client = createAlertClient({ address: gateway.address, source: 'reporter', spool: { directory } });
  await client.ready();
  await waitFor(() => client.spooled() === 0, { deadline: 60_000, what: 'an empty spool' });
  expect(await client.report(draftOf(1_000_000))).toMatchObject({ duplicate: false });
  await client.close();
  const ids = log.kept.map(({ requestId }) => requestId);
  expect(new Set(ids).size).toBe(ids.length);
  const kept = new Set(ids);
  expect([...promised].filter((n) => !kept.has(requestIdOf(n)))).toEqual([]);
});
