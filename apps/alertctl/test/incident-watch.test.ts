import { expect, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import { createFakeClock, waitFor } from '@therapytrain/alerts-testkit';
import { run } from '../src/program.ts';
import { createSmallClient, incidentOf } from './support/small-client.ts';
import { testSurroundings } from './support/surroundings.ts';

const watching = (words: readonly string[] = [], columns?: number) => {
  const { surroundings, written } = testSurroundings();
  const { client, has } = createSmallClient({ incidents: [incidentOf(1)] });
  const stop = new AbortController();
  const clock = createFakeClock();
  const { list } = client.incidents;
  const away = { error: undefined as AlertError | undefined };
  const incidents = {
    ...client.incidents,
    list: (options: Parameters<typeof list>[0]) => (away.error ? Promise.reject(away.error) : list(options)),
  };
  const ended = run(
    {
      ...surroundings,
      clock,
      signal: stop.signal,
      stdout: columns === undefined ? surroundings.stdout : { ...surroundings.stdout, columns },
      connect: () => ({ ...client, incidents }),
    },
    ['incidents', 'list', '--watch', ...words],
  );
  const look = async (): Promise<void> => {
    await waitFor(() => clock.sleepers() === 1);
    await clock.advance(2_000);
    await waitFor(() => clock.sleepers() === 1);
  };
  return { ended, stop, has, written, away, look, settled: () => waitFor(() => clock.sleepers() === 1) };
};

test('a pipe gets what changes', async () => {
  const { ended, stop, has, written, look } = watching(['--json']);
  await look();
  has.incidents = [incidentOf(1), incidentOf(2)];
  await look();
  has.incidents = [incidentOf(1, { state: 'ACKNOWLEDGED', etag: '2' }), incidentOf(2)];
  await look();
  stop.abort();
  expect(await ended).toBe(130);
  const seen = written.out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { id: string; etag: string });
  expect(seen.map(({ id, etag }) => [id.at(-1), etag])).toEqual([
    ['1', '1'],
    ['2', '1'],
    ['1', '2'],
  ]);
});

test('a terminal shows how it is, from its top', async () => {
  const { ended, stop, has, written, look } = watching([], 80);
  await look();
  has.incidents = [];
  await look();
  stop.abort();
  expect(await ended).toBe(130);
  const screens = written.out.split('\u001b[H\u001b[J').slice(1);
  expect(screens).toHaveLength(3);
  expect(screens[0]).toContain('Authentication');
  expect(screens[1]).toContain('Authentication');
  expect(screens[2]).toContain('No incidents found.');
});

test('waits for a gateway that goes away, and says so once; one that was never there ends it', async () => {
  const { ended, stop, written, away, look } = watching();
  await look();
  away.error = new AlertError('GATEWAY_UNAVAILABLE', 'gone');
  await look();
  await look();
  away.error = undefined;
  await look();
  stop.abort();
  expect(await ended).toBe(130);
  expect(written.error).toBe('alertctl: the gateway is away (GATEWAY_UNAVAILABLE); trying again\n');
  const { client } = createSmallClient();
  const { surroundings } = testSurroundings();
  const list = () => Promise.reject(new AlertError('GATEWAY_UNAVAILABLE', 'gone'));
  const connect = () => ({ ...client, incidents: { ...client.incidents, list } });
  expect(await run({ ...surroundings, connect }, ['incidents', 'list', '--watch'])).toBe(3);
});
