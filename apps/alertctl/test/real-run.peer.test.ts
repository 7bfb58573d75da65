import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { killAll } from './support/processes.ts';
import { realRun, type RealRunResult } from './support/real-run.ts';
import { sshdSample } from './support/samples.ts';

jest.setTimeout(180_000);

const leaseSeconds = 3;

let directory: string;
let result: RealRunResult;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'real-run-'));
  // Of each of the two attackers the sample has two failures; the user who logs in has none.
  result = await realRun({ directory, log: sshdSample, failures: 2, leaseSeconds, rest: 1 });
});
afterAll(async () => {
  killAll();
  await rm(directory, { recursive: true, force: true });
});

const storyOf = (address: string) => result.stories.find((each) => each.address === address);

test.each(['192.0.2.7', '198.51.100.9'])(
  'the attacker %s of a log is refused by a service elsewhere, and let in again when the lease is over',
  (address) => {
    const story = storyOf(address);
    expect(story).toMatchObject({ failures: 2, extensions: 0 });
    // The sample is imported on a machine that does other things: a few milliseconds are the bench's matter.
    expect(story?.afterAttack).toBeGreaterThanOrEqual(0);
    expect(story?.afterAttack).toBeLessThan(2_000);
    expect(story?.afterFirst).toBeGreaterThanOrEqual(story?.afterAttack ?? 0);
    expect(story?.afterLease).toBeGreaterThanOrEqual(-50);
    expect(story?.afterLease).toBeLessThan(2_000);
  },
);

test('who only logged in is never refused', () => {
  expect(storyOf('198.51.100.20')).toMatchObject({ failures: 0, afterFirst: undefined, afterLease: undefined });
  expect(storyOf('198.51.100.20')?.requests).toBeGreaterThan(100);
});

test('each response is taken back once the lease is over, and there are no others', () => {
  expect(result.states).toEqual(['reverted', 'reverted']);
});
