import { expect, test } from '@jest/globals';
import type { AlertServiceClient } from '@therapytrain/alerts-api';
import { type AlertLog, decodeAlert } from '@therapytrain/alerts-core';
import { seededRandom, waitFor } from '@therapytrain/alerts-testkit';
import { hubDefaults } from '../src/stream/hub.ts';
import { openGateway, reportMany, type Start, subscribeTo } from './support.ts';
import { saying } from './support/calls.ts';
import { numbers, reportUnary } from './support/load.ts';

// Another one gives other interleavings; it is in the name of the test, so that a failure tells it.
const seed = Number(process.env['SEED'] ?? 20_261_124);

interface Reader {
  readonly filter: string;
  readonly seen: readonly number[];
  /** How often it left and came back. */
  readonly times: () => number;
  /** Comes back a last time, and stays until it has seen so many. */
  finish(count: number): Promise<void>;
}

/** Reads, leaves at random moments, and goes on after the last event it saw, until it is told to finish. */
const readOn = (client: AlertServiceClient, filter: string, random: () => number): Reader => {
  const seen: number[] = [];
  let start: Start = 'start';
  let finishing = false;
  let times = 0;
  const read = async (until: (count: number) => boolean): Promise<void> => {
    const stream = subscribeTo(client, start, filter);
    await waitFor(() => until(stream.alerts.length), { deadline: 60_000, what: 'a reason to leave' });
    stream.cancel();
    await stream.ended();
    seen.push(...stream.sequences());
    if (stream.cursor !== undefined) start = { cursor: stream.cursor };
    times++;
  };
  const reading = (async () => {
    while (!finishing) {
      const enough = 1 + Math.floor(random() * 200);
      const patience = performance.now() + random() * 200;
      await read((count) => finishing || count >= enough || performance.now() > patience);
    }
  })();
  return {
    filter,
    seen,
    times: () => times,
    finish: async (count) => {
      finishing = true;
      await reading;
      const left = count - seen.length;
      await read((more) => more >= left);
    },
  };
};

const wholeLog = async (log: AlertLog) => {
  const all: { readonly sequence: number; readonly severity: number }[] = [];
  for (let cursor = log.bounds().oldest; ;) {
    const batch = await log.read(cursor, 1_000);
    if (batch.alerts.length === 0) return all;
    for (const { sequence, encoded } of batch.alerts) all.push({ sequence, severity: decodeAlert(encoded).severity });
    cursor = batch.cursor;
  }
};

test(`with four writers, ten readers that come and go each see the log once, in order (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  // A small tail, so that they fall out of it and have to ask the disk.
  const gateway = await openGateway({
    hub: { ...hubDefaults, heartbeat: 50, tail: { maxAlerts: 64, maxBytes: 64 * 1024 } },
  });
  const connect = (): AlertServiceClient => gateway.connect({ 'grpc.use_local_subchannel_pool': 1 });
  const number = numbers();
  const until = performance.now() + 3_000;
  const going = (): boolean => performance.now() < until;
  const batches = async (client: AlertServiceClient): Promise<void> => {
    while (going()) {
      const alerts = Array.from({ length: 1 + Math.floor(random.fraction() * 50) }, () =>
        saying({ dedupKey: `case-${number()}`, severity: random.fraction() < 0.3 ? 1 : 4 }),
      );
      const { refusal } = await reportMany(client, [alerts, alerts.slice(0, 3), alerts.slice(0, 1)]);
      if (refusal) throw new Error(refusal.message);
    }
  };
  const readers = Array.from({ length: 10 }, (_, at) =>
    readOn(connect(), at % 2 === 0 ? '' : 'severity >= HIGH', random.fraction),
  );
  const writers = [connect(), connect()].map((client) => reportUnary(client, number, going));
  await Promise.all([...writers, batches(connect()), batches(connect())]);

  const log = await wholeLog(gateway.log);
  expect(log.length).toBeGreaterThan(500);
  const everything = log.map(({ sequence }) => sequence);
  const severe = log.filter(({ severity }) => severity >= 3).map(({ sequence }) => sequence);
  for (const reader of readers) {
    const expected = reader.filter === '' ? everything : severe;
    await reader.finish(expected.length);
    expect(reader.seen).toEqual(expected);
    expect(reader.times()).toBeGreaterThan(3);
  }
}, 180_000);
