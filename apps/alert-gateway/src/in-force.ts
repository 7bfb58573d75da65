import { createHash } from 'node:crypto';
import type { Clock, Millis } from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';

/** Parts of a policy that are built and not in force yet. */
export interface Prepared {
  /** True if one of them is new, or has other options or other secrets. */
  readonly differ: boolean;
  /**
   * Puts them in force; cannot fail. Those that are no longer there are closed when their attempts have ended, so that
   * no attempt fails because the policy changed, and nothing is done again for that.
   */
  use(): void;
  /** Closes what was built for nothing. */
  drop(): Promise<void>;
}

/** What is built for the policy in force, by names of the policy. */
export interface InForce<S, T> {
  get(name: string): T | undefined;
  /**
   * Builds what another policy needs. What has the same settings and secrets is taken over, with its connections.
   * Throws what `build` throws, and then changes nothing.
   */
  prepare(settings: ReadonlyMap<string, S>): Prepared;
  /** Closes all, also what still had attempts under way. */
  close(): Promise<void>;
}

/** What must be known of what is built. */
export interface InForceParts<S, T> {
  /** Builds one; throws where its settings cannot be met. `during` runs an attempt, which keeps it from being closed. */
  readonly build: (settings: S, during: <R>(attempt: () => Promise<R>) => Promise<R>) => T;
  readonly clock: Clock;
  /** True: what no policy names any more is kept all the same, for what it has begun and must still end. */
  readonly outlasts?: boolean;
}

interface Built<T> {
  readonly print: string;
  readonly part: T;
  /** Resolves when no attempt is under way. */
  readonly idle: () => Promise<void>;
}

interface Settings {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

// Whether two settings are the same, without keeping a secret in clear.
const printOf = ({ kind, options }: Settings): string => {
  // What a replacer is handed has gone through `toJSON`, which hides it; what it is called on has not.
  const reveal = function (this: unknown, key: string, value: unknown): unknown {
    const own = (this as Readonly<Record<string, unknown>>)[key];
    return own instanceof Secret ? { secret: own.reveal() } : value;
  };
  return createHash('sha256')
    .update(JSON.stringify([kind, options], reveal))
    .digest('hex');
};

// An attempt takes its channel first and its alerts from the log afterwards: one that has just begun must find it open.
const lingers: Millis = 30_000;

/** Counts the attempts under way, so that what makes them can be closed when there are none. */
const createCount = () => {
  let busy = 0;
  let idlers: (() => void)[] = [];
  const ended = (): void => {
    if (--busy > 0) return;
    for (const each of idlers) each();
    idlers = [];
  };
  return {
    during: async <R>(attempt: () => Promise<R>): Promise<R> => {
      busy++;
      try {
        return await attempt();
      } finally {
        ended();
      }
    },
    idle: (): Promise<void> => (busy === 0 ? Promise.resolve() : new Promise((done) => void idlers.push(done))),
  };
};

const closeAll = (gone: readonly Built<{ readonly close: () => Promise<void> }>[]): Promise<unknown> =>
  Promise.allSettled(gone.map(({ part }) => part.close()));

/** Lets go of what is no longer in force, once nothing is under way with it. */
const createLeaving = (clock: Clock) => {
  const closing = new AbortController();
  const leaving = new Set<Promise<unknown>>();
  const leave = async (each: Built<{ readonly close: () => Promise<void> }>): Promise<void> => {
    await clock.sleep(lingers, closing.signal).catch(() => undefined);
    const given = new Promise<void>((done) => closing.signal.addEventListener('abort', () => done()));
    if (!closing.signal.aborted) await Promise.race([each.idle(), given]);
    await each.part.close();
  };
  return {
    letGo: (each: Built<{ readonly close: () => Promise<void> }>): void => {
      const left = leave(each)
        .catch(() => undefined)
        .finally(() => leaving.delete(left));
      leaving.add(left);
    },
    hurry: (): void => closing.abort(),
    left: () => Promise.all(leaving),
  };
};

/** Makes what holds the parts of the policy in force; there are none until some are put in force. */
export const createInForce = <S extends Settings, T extends { readonly close: () => Promise<void> }>({
  build,
  clock,
  outlasts = false,
}: InForceParts<S, T>): InForce<S, T> => {
  let current: ReadonlyMap<string, Built<T>> = new Map();
  const leaving = createLeaving(clock);
  const built = (settings: S): Built<T> => {
    const { during, idle } = createCount();
    return { print: printOf(settings), part: build(settings, during), idle };
  };
  return {
    get: (name) => current.get(name)?.part,
    prepare: (wanted) => {
      const made: Built<T>[] = [];
      const taken = ([name, settings]: readonly [string, S]): readonly [string, Built<T>] => {
        const known = current.get(name);
        if (known && known.print === printOf(settings)) return [name, known];
        const each = built(settings);
        made.push(each);
        return [name, each];
      };
      try {
        const left = [...current].filter(([name]) => !wanted.has(name));
        const next = new Map([...(outlasts ? left : []), ...[...wanted].map(taken)]);
        return {
          differ: made.length > 0 || left.length > 0,
          use: () => {
            const kept = new Set(next.values());
            for (const each of current.values()) if (!kept.has(each)) leaving.letGo(each);
            current = next;
          },
          drop: async () => void (await closeAll(made)),
        };
      } catch (error) {
        void closeAll(made);
        throw error;
      }
    },
    close: async () => {
      leaving.hurry();
      const gone = [...current.values()];
      current = new Map();
      await closeAll(gone);
      await leaving.left();
    },
  };
};

/** Two that are put in force together. Where the other one cannot be prepared, the first is dropped. */
export const together = (one: Prepared, prepareOther: () => Prepared): Prepared => {
  const prepared = (): Prepared => {
    try {
      return prepareOther();
    } catch (error) {
      void one.drop();
      throw error;
    }
  };
  const other = prepared();
  return {
    differ: one.differ || other.differ,
    use: () => {
      one.use();
      other.use();
    },
    drop: async () => {
      await one.drop();
      await other.drop();
    },
  };
};
