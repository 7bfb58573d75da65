import {
  encodeEntry,
  keyChangedEntry,
  openTileLog,
  type TileLog,
  type TileReader,
  type TreeHead,
  tileWidth,
} from '@therapytrain/alerts-audit';
import { AlertError, type Clock, type Instant, type Millis, type Store } from '@therapytrain/alerts-core';
import type { AuditKeys } from './keys.ts';

/** How the audit log is. */
export type AuditState = 'healthy' | 'unavailable' | 'broken';

/** What publishing works with. */
export interface PublisherParts {
  readonly store: Pick<Store, 'audit' | 'commit' | 'findAudit'>;
  /** Where `checkpoint` and `tile/` lie. */
  readonly directory: string;
  readonly keys: AuditKeys;
  readonly clock: Clock;
  /** Told of each checkpoint, when it is durable. */
  readonly onCheckpoint: (checkpoint: string) => void;
  /** Told once of a log that is not what its checkpoint says, and each time that it cannot be written. */
  readonly onFailure: (error: unknown) => void;
}

/** Publishes the audit: what the store has committed becomes leaves of the tree, in its order. */
export interface Publisher {
  state(): AuditState;
  /** False while the audit cannot be written, or is not what it was: then nothing may be done that it would have to tell. */
  mayAct(): boolean;
  /** What is wrong; empty where nothing is. */
  detail(): string;
  /**
   * How many entries its newest checkpoint covers, and when this process signed that; undefined in a log that could not be
   * opened. Unlike what is published it is told of a broken log too.
   */
  newest(): { readonly size: number; readonly signedAt: Instant | undefined } | undefined;
  /** The published log. Throws `AUDIT_BROKEN` where it is broken. */
  published(): { readonly checkpoint: string; readonly head: TreeHead; readonly reader: TileReader };
  /** Somebody whom this gateway trusts has seen another log: it is broken from now on. */
  distrust(error: AlertError): void;
  /** Puts the newest checkpoint with more signatures in its place. */
  cosign(checkpoint: string): Promise<void>;
  /** Resolves when everything that is committed now is published, or cannot be. */
  flush(): Promise<void>;
  /** Publishes the rest, and ends. */
  stop(): Promise<void>;
}

/** An entry is published this long after its commit at most, unless the disk is slower. */
const interval: Millis = 1_000;
/** Between two checkpoints while there is much to do: each waits for the disk several times. */
const breath: Millis = 100;
/** So many entries ask for a checkpoint at once. */
const wanted = tileWidth;
/** The most that one checkpoint adds. */
const mostLeaves = 16 * tileWidth;

const broken = (message: string): AlertError => new AlertError('AUDIT_BROKEN', message);

/** The last entries of the tree must be those of the store: one of them may be an old copy. */
const compareWithStore = async (log: TileLog, store: Pick<Store, 'audit'>): Promise<void> => {
  const { size } = log.head();
  if (size === 0) return;
  const bundle = Math.floor((size - 1) / tileWidth);
  const leaves = await log.reader().leaves(bundle);
  const entries = await store.audit(bundle * tileWidth, leaves.length);
  if (entries.length < leaves.length) {
    throw broken('the store has fewer entries than the audit log has published: it is an older copy');
  }
  const wrong = entries.findIndex((entry, at) => !leaves[at]?.equals(encodeEntry(entry)));
  if (wrong >= 0)
    throw broken(`entry ${bundle * tileWidth + wrong + 1} of the store is not the one that was published`);
};

const handOver = async ({ store, keys, clock }: PublisherParts): Promise<void> => {
  const { current, previous } = keys;
  if (!previous) return;
  const [known] = await store.findAudit({ action: 'audit.key_changed', from: current.vkey, limit: 1 });
  if (known?.subject === current.vkey) return;
  await store.commit({ audit: [keyChangedEntry(previous, current, clock.now())] });
};

const open = async (parts: PublisherParts): Promise<TileLog> => {
  const { directory, keys, store } = parts;
  const known = [keys.current, ...(keys.previous ? [keys.previous] : [])];
  const log = await openTileLog({ directory, origin: keys.current.name, known });
  await compareWithStore(log, store);
  await handOver(parts);
  return log;
};

const createRounds = (log: TileLog, { store, keys, onCheckpoint }: PublisherParts) => {
  const signers = [keys.current, ...(keys.previous ? [keys.previous] : [])];
  let under: Promise<number> = Promise.resolve(0);
  const once = async (): Promise<number> => {
    const { size } = log.head();
    const entries = await store.audit(size, mostLeaves);
    // An empty log has a checkpoint too.
    if (entries.length === 0 && log.checkpoint() !== undefined) return 0;
    if (entries.some(({ sequence }, at) => sequence !== size + at + 1)) {
      throw broken(`the store has no entry ${size + 1}, or not the ones after it`);
    }
    onCheckpoint(await log.append(entries.map(encodeEntry), signers));
    return entries.length;
  };
  // One after the other, whoever asks for it.
  return (): Promise<number> => (under = under.then(once, once));
};

/** Opens the log and starts publishing. A log that is broken is told of, and does not keep the gateway from keeping alerts. */
export const startPublisher = async (parts: PublisherParts): Promise<Publisher> => {
  const { clock, onFailure } = parts;
  const stopping = new AbortController();
  let state: AuditState = 'healthy';
  let detail = '';
  let signedAt: Instant | undefined;
  const fail = (error: unknown): void => {
    const isBroken = error instanceof AlertError && error.code === 'AUDIT_BROKEN';
    if (state !== 'broken') state = isBroken ? 'broken' : 'unavailable';
    detail = error instanceof AlertError ? error.message : 'the audit log could not be read';
    onFailure(error);
  };
  let log: TileLog | undefined;
  try {
    log = await open(parts);
  } catch (error) {
    fail(error instanceof AlertError ? error : broken('the audit log could not be opened'));
  }
  const round =
    log &&
    createRounds(log, {
      ...parts,
      onCheckpoint: (checkpoint) => {
        signedAt = clock.now();
        parts.onCheckpoint(checkpoint);
      },
    });
  // It may have become so while it was waited for the disk.
  const isBroken = (): boolean => state === 'broken';
  const publish = async (): Promise<number> => {
    if (!round || isBroken()) return 0;
    try {
      const count = await round();
      if (isBroken()) return 0;
      [state, detail] = ['healthy', ''];
      return count;
    } catch (error) {
      fail(error);
      return 0;
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const count = await publish();
      await clock.sleep(count >= wanted ? breath : interval, stopping.signal).catch(() => undefined);
    }
  };
  const flush = async (): Promise<void> => {
    while ((await publish()) >= mostLeaves);
  };
  // The first checkpoint is there before anybody asks.
  await publish();
  const running = run();
  const opened = (): TileLog => {
    if (log && state !== 'broken') return log;
    throw broken(detail);
  };
  return {
    state: () => state,
    mayAct: () => state === 'healthy',
    detail: () => detail,
    newest: () => log && { size: log.head().size, signedAt },
    published: () => {
      const whole = opened();
      const checkpoint = whole.checkpoint();
      if (checkpoint === undefined) throw new AlertError('AUDIT_UNAVAILABLE', 'there is no checkpoint yet');
      return { checkpoint, head: whole.head(), reader: whole.reader() };
    },
    distrust: fail,
    cosign: (checkpoint) => opened().cosign(checkpoint),
    flush,
    stop: async () => {
      stopping.abort();
      await running;
      await flush();
    },
  };
};
