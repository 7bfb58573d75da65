import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import { draftOf, waitFor } from '@therapytrain/alerts-testkit';
import { type AlertClient, createAlertClient } from '../src/index.ts';
import { type Child, endChildren, startChild } from './support/child.ts';

jest.setTimeout(180_000);

const main = new URL('../../../apps/alert-gateway/src/main.ts', import.meta.url);
const kills = 3;
const perKill = 2_000;
const callers = 32;

let directory: string;
let gateway: Child;
let address: string;
let client: AlertClient;

const start = async (listen: string): Promise<void> => {
  gateway = startChild(main, ['--listen', listen, '--data', join(directory, 'data')]);
  const [, port] = await gateway.printed(/"address":"127\.0\.0\.1:(\d+)"/);
  address = `127.0.0.1:${port}`;
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  await start('127.0.0.1:0');
});

afterEach(async () => {
  await client.close();
  await gateway.kill('SIGTERM');
  endChildren();
  rmSync(directory, { recursive: true });
});

/** Reports from several callers at once, up to a number that may be raised; gives what was promised, by number. */
const load = () => {
  const promised = new Map<number, number | 'spooled'>();
  const errors: unknown[] = [];
  let next = 0;
  let quota = perKill;
  let over = false;
  const caller = async (): Promise<void> => {
    for (;;) {
      await waitFor(() => over || next < quota, { deadline: 60_000, what: 'more to report' });
      if (next >= quota) return;
      const n = next++;
      try {
        const result = await client.report(draftOf(n));
        promised.set(n, 'spooled' in result ? 'spooled' : result.sequence);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  const done = Promise.all(Array.from({ length: callers }, caller));
  return {
    promised,
    errors,
    more: () => void (quota += perKill),
    finish: () => {
      over = true;
      return done;
    },
  };
};

/** What the log of the gateway has, from its beginning until all of these are seen: number of the report by sequence. */
const readLog = async (numbers: Iterable<number>): Promise<Map<number, number>> => {
  const missing = new Set(numbers);
  const seen = new Map<number, number>();
  for await (const { alert } of client.alerts({ fromStart: true })) {
    const n = Number(alert.dedupKey.replace('case-', ''));
    if (seen.has(alert.sequence)) throw new Error(`the stream gave ${alert.sequence} twice`);
    seen.set(alert.sequence, n);
    missing.delete(n);
    if (missing.size === 0) break;
  }
  return seen;
};

const killUnderLoad = async (spool: object): Promise<ReturnType<typeof load>> => {
  client = createAlertClient({ address, deadline: 10_000, retry: { attempts: 20, maxDelay: 500 }, ...spool });
  const work = load();
  for (let n = 0; n < kills; n++) {
    const before = work.promised.size;
    await waitFor(() => work.promised.size > before + perKill / 4, { deadline: 60_000, what: 'reports' });
    await gateway.kill();
    await start(address);
    work.more();
  }
  await work.finish();
  return work;
};

const checkOnce = async ({ promised, errors }: ReturnType<typeof load>): Promise<void> => {
  expect(errors.filter((error) => !(error instanceof AlertError && error.retryable))).toEqual([]);
  const seen = await readLog(promised.keys());
  // Once each; and where a receipt was given, it tells the truth.
  expect(new Set(seen.values()).size).toBe(seen.size);
  for (const [n, sequence] of promised) if (sequence !== 'spooled') expect(seen.get(sequence)).toBe(n);
};

describe('a gateway that is killed under load', () => {
  test('has every report that resolved, and gives a consumer every alert once and in order', async () => {
    const consumer = createAlertClient({ address, retry: { initialDelay: 20, maxDelay: 200 } });
    const sequences: number[] = [];
    const consumed = (async () => {
      for await (const { alert } of consumer.alerts({ fromStart: true })) sequences.push(alert.sequence);
    })();
    const work = await killUnderLoad({});
    expect(work.promised.size).toBeGreaterThan((kills * perKill) / 4);
    await checkOnce(work);
    const newest = (await client.list({ pageSize: 1 })).alerts[0]?.sequence ?? 0;
    await waitFor(() => sequences.at(-1) === newest, { deadline: 60_000, what: 'the newest alert' });
    await consumer.close();
    await consumed;
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    const missed = new Set(work.promised.values());
    for (const sequence of sequences) missed.delete(sequence);
    expect([...missed]).toEqual([]);
  });

  test('has every report that was spooled meanwhile, too, and none was refused', async () => {
    const work = await killUnderLoad({ spool: { directory: join(directory, 'spool') }, retry: { attempts: 2 } });
    await waitFor(() => client.spooled() === 0, { deadline: 60_000, what: 'an empty spool' });
    expect([...work.promised.values()].some((result) => result === 'spooled')).toBe(true);
    expect(work.errors).toEqual([]);
    await checkOnce(work);
  });
});
