import { createHash } from 'node:crypto';
import { AlertError, type Millis, type Ports } from '@therapytrain/alerts-core';
import { type Channel, type ChannelKind, parseOptions, Secret } from '@therapytrain/alerts-core/channel';
import type { ChannelSettings, Policy } from '@therapytrain/alerts-manager';

/** How channels are built. */
export interface ChannelsParts {
  readonly kinds: ReadonlyMap<string, ChannelKind>;
  readonly ports: Ports;
  /** Wraps each channel that is built, for telemetry. */
  readonly wrap: (settings: ChannelSettings, channel: Channel) => Channel;
}

/** Channels that are built and not in force yet. */
export interface PreparedChannels {
  /** True if one of them is new, or has other options or other secrets. */
  readonly differ: boolean;
  /**
   * Puts them in force; cannot fail. Those that are no longer there are closed when their attempts have ended, so that
   * no attempt fails because the policy changed, and nothing is sent again for that.
   */
  use(): void;
  /** Closes what was built for nothing. */
  drop(): Promise<void>;
}

/** The channels of the policy in force. */
export interface Channels {
  get(name: string): Channel | undefined;
  /**
   * Builds the channels of another policy. Those whose settings and secrets are the same are taken over, with their
   * connections. Throws `POLICY_INVALID` and changes nothing where one cannot be built.
   */
  prepare(policy: Pick<Policy, 'channels'>): PreparedChannels;
  /** Closes them all, also those that still had attempts under way. */
  close(): Promise<void>;
}

interface Built {
  readonly print: string;
  readonly channel: Channel;
  /** Resolves when no attempt is under way. */
  readonly idle: () => Promise<void>;
}

// Whether two settings are the same, without keeping a secret in clear.
const printOf = ({ kind, options }: ChannelSettings): string => {
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

/** Counts the attempts under way through a channel, so that it can be closed when there are none. */
const counted = (channel: Channel) => {
  let busy = 0;
  let idlers: (() => void)[] = [];
  const ended = (): void => {
    if (--busy > 0) return;
    for (const each of idlers) each();
    idlers = [];
  };
  return {
    channel: {
      ...channel,
      deliver: async (...args: Parameters<Channel['deliver']>) => {
        busy++;
        try {
          return await channel.deliver(...args);
        } finally {
          ended();
        }
      },
    } as Channel,
    idle: (): Promise<void> => (busy === 0 ? Promise.resolve() : new Promise((done) => void idlers.push(done))),
  };
};

const built = (settings: ChannelSettings, { kinds, ports, wrap }: ChannelsParts): Built => {
  const kind = kinds.get(settings.kind);
  if (!kind) throw new AlertError('POLICY_INVALID', `channels.${settings.name}: there is no channel of this kind`);
  try {
    const channel = kind.create(parseOptions(kind.options, settings.options), ports);
    return { print: printOf(settings), ...counted(wrap(settings, channel)) };
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    throw new AlertError('POLICY_INVALID', `channels.${settings.name}: ${error.message}`, { cause: error });
  }
};

/** Makes the channels; there are none until a policy is put in force. */
export const createChannels = (parts: ChannelsParts): Channels => {
  let current: ReadonlyMap<string, Built> = new Map();
  const closing = new AbortController();
  const leaving = new Set<Promise<unknown>>();
  const closeAll = (gone: readonly Built[]): Promise<unknown> =>
    Promise.allSettled(gone.map(({ channel }) => channel.close()));
  const leave = async (each: Built): Promise<void> => {
    await parts.ports.clock.sleep(lingers, closing.signal).catch(() => undefined);
    const given = new Promise<void>((done) => closing.signal.addEventListener('abort', () => done()));
    if (!closing.signal.aborted) await Promise.race([each.idle(), given]);
    await each.channel.close();
  };
  const letGo = (gone: readonly Built[]): void => {
    for (const each of gone) {
      const left = leave(each)
        .catch(() => undefined)
        .finally(() => leaving.delete(left));
      leaving.add(left);
    }
  };
  return {
    get: (name) => current.get(name)?.channel,
    prepare: ({ channels }) => {
      const made: Built[] = [];
      const taken = ([name, settings]: readonly [string, ChannelSettings]): readonly [string, Built] => {
        const known = current.get(name);
        if (known && known.print === printOf(settings)) return [name, known];
        const each = built(settings, parts);
        made.push(each);
        return [name, each];
      };
      try {
        const next = new Map([...channels].map(taken));
        return {
          differ: made.length > 0 || next.size !== current.size,
          use: () => {
            const kept = new Set(next.values());
            letGo([...current.values()].filter((each) => !kept.has(each)));
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
      closing.abort();
      const gone = [...current.values()];
      current = new Map();
      await closeAll(gone);
      await Promise.all(leaving);
    },
  };
};
