import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, jest } from '@jest/globals';
import { AlertServiceClient } from '@therapytrain/alerts-api';
import { type AlertDraft, type AlertLog, systemPorts, systemRandom } from '@therapytrain/alerts-core';
import { createMemoryLog, defaultPolicy } from '@therapytrain/alerts-manager';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { draftOf, stamp } from '@therapytrain/alerts-testkit';
import { type ChannelOptions, credentials } from '@grpc/grpc-js';
import { type Gateway, type GatewayParts, startGateway } from '../src/gateway.ts';
import { loadKey } from '../src/keys.ts';
import { blindObserver } from '../src/observer.ts';

export { answerOf, type Answer, refusalOf, type Refusal, seenBy } from './support/refusal.ts';
export { get, kept, rawCall, rawStream, refused, report, reportMany, type Saying, saying } from './support/calls.ts';
export { type Start, type Subscription, subscribeTo } from './support/subscription.ts';

/** A real gateway in this process, on a log of its own and a free port of the loopback. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly log: AlertLog;
  readonly directory: string;
  /** A client over the connection that all share. */
  readonly client: AlertServiceClient;
  /** Another client; with `{ 'grpc.use_local_subchannel_pool': 1 }` it has a connection of its own. */
  connect(options?: ChannelOptions): AlertServiceClient;
  /** Keeps so many alerts without a call: those of the testkit's list from a number on, or what `draft` makes. */
  fill(count: number, from?: number, draft?: (n: number) => AlertDraft): Promise<void>;
  /** Ends the gateway and its log. Called again, does nothing. */
  stop(within?: number): Promise<void>;
}

/** What differs from the usual parts. */
export type TestGatewayOptions = Partial<Omit<GatewayParts, 'log'>> & {
  /** Kept when the gateway ends, for the next one on the same data. */
  readonly directory?: string;
  /** True for a log in memory, which begins faster: for what has nothing to do with the disk. */
  readonly inMemory?: boolean;
  /** Stands between gateway and log. */
  readonly wrap?: (log: AlertLog) => AlertLog;
};

// These tests wait for conditions, each with a deadline of its own; a busy machine may take long to meet them.
jest.setTimeout(60_000);

const atOnce = 1_000;

type Cleanup = () => unknown;

const cleanups = { each: [] as Cleanup[], all: [] as Cleanup[] };

const run = async (pile: Cleanup[]): Promise<void> => {
  for (const each of pile.splice(0).reverse()) await each();
};
afterEach(() => run(cleanups.each));
afterAll(() => run(cleanups.all));

/** Called after the test that is running, or after all tests of the file where none is. Last in, first out. */
export const after = (each: Cleanup, when: keyof typeof cleanups = 'each'): void => void cleanups[when].push(each);

/** A directory of its own, which goes when the test has ended. */
export const temporaryDirectory = async (when: keyof typeof cleanups = 'each'): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'alert-gateway-'));
  after(() => rm(directory, { recursive: true, force: true }), when);
  return directory;
};

/** Starts a gateway that ends with the test, or, from `beforeAll`, with the file. */
export const openGateway = async (
  { directory: given, inMemory = false, wrap = (log) => log, ...parts }: TestGatewayOptions = {},
  when: keyof typeof cleanups = 'each',
): Promise<TestGateway> => {
  const directory = given ?? (await temporaryDirectory(when));
  const log = inMemory ? createMemoryLog({ capacity: 1_000_000 }) : await createSqliteLog({ directory });
  const ports = systemPorts(log.bounds().newestId);
  const gateway = await startGateway({
    log: wrap(log),
    policy: () => defaultPolicy,
    ports,
    cursorKey: loadKey('cursor', directory, systemRandom),
    listen: '127.0.0.1:0',
    reflection: false,
    version: '0.0.0-test',
    observer: blindObserver,
    // A test machine that is busy with something else must not decide what is shed.
    admission: { slowLoop: Number.POSITIVE_INFINITY, stuckLoop: Number.POSITIVE_INFINITY },
    ...parts,
  });
  const clients: AlertServiceClient[] = [];
  const connect = (options: ChannelOptions = {}): AlertServiceClient => {
    const client = new AlertServiceClient(gateway.address, credentials.createInsecure(), options);
    clients.push(client);
    return client;
  };
  const fill = async (count: number, from = 0, draft: (n: number) => AlertDraft = draftOf): Promise<void> => {
    for (let at = 0; at < count; at += atOnce) {
      const size = Math.min(atOnce, count - at);
      await log.append(Array.from({ length: size }, (_, each) => stamp(draft(from + at + each), parts.ports ?? ports)));
    }
  };
  let stopped: Promise<void> | undefined;
  const stop = (within = 2_000): Promise<void> =>
    (stopped ??= gateway.stop(within).then(async () => {
      for (const client of clients) client.close();
      await log.close();
    }));
  after(() => stop(0), when);
  return { gateway, log, directory, client: connect(), connect, fill, stop };
};
