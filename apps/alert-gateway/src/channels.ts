import { createHash } from 'node:crypto';
import { AlertError, type Ports } from '@therapytrain/alerts-core';
import { type Channel, type ChannelKind, parseOptions, Secret } from '@therapytrain/alerts-core/channel';
import type { ChannelSettings, Policy } from '@therapytrain/alerts-manager';

/** How channels are built. */
export interface ChannelsParts {
  readonly kinds: ReadonlyMap<string, ChannelKind>;
  readonly ports: Ports;
  /** Wraps each channel that is built, for telemetry. */
  readonly wrap: (settings: ChannelSettings, channel: Channel) => Channel;
}

/** The channels of the policy in force. */
export interface Channels {
  get(name: string): Channel | undefined;
  /**
   * Builds the channels of another policy, all of them before any is put in force. Those whose settings are the same
   * stay, with their connections; those that are no longer there are closed. Throws `POLICY_INVALID` and changes
   * nothing where one cannot be built.
   */
  use(policy: Pick<Policy, 'channels'>): Promise<void>;
  close(): Promise<void>;
}

interface Built {
  readonly print: string;
  readonly channel: Channel;
}

// Whether two settings are the same, without keeping a secret in clear.
const printOf = ({ kind, options }: ChannelSettings): string => {
  const reveal = (_: string, value: unknown): unknown => (value instanceof Secret ? { secret: value.reveal() } : value);
  return createHash('sha256')
    .update(JSON.stringify([kind, options], reveal))
    .digest('hex');
};

const built = (settings: ChannelSettings, { kinds, ports, wrap }: ChannelsParts): Built => {
  const kind = kinds.get(settings.kind);
  if (!kind) throw new AlertError('POLICY_INVALID', `channels.${settings.name}: there is no channel of this kind`);
  try {
    const channel = kind.create(parseOptions(kind.options, settings.options), ports);
    return { print: printOf(settings), channel: wrap(settings, channel) };
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    throw new AlertError('POLICY_INVALID', `channels.${settings.name}: ${error.message}`, { cause: error });
  }
};

/** Makes the channels; there are none until a policy is put in force. */
export const createChannels = (parts: ChannelsParts): Channels => {
  let current: ReadonlyMap<string, Built> = new Map();
  const closeAll = (gone: readonly Built[]): Promise<unknown> =>
    Promise.all(gone.map(({ channel }) => channel.close()));
  return {
    get: (name) => current.get(name)?.channel,
    use: async ({ channels }) => {
      const next = new Map(
        [...channels].map(([name, settings]) => {
          const known = current.get(name);
          return [name, known && known.print === printOf(settings) ? known : built(settings, parts)] as const;
        }),
      );
      const gone = [...current.values()].filter((each) => ![...next.values()].includes(each));
      current = next;
      await closeAll(gone);
    },
    close: async () => {
      const gone = [...current.values()];
      current = new Map();
      await closeAll(gone);
    },
  };
};
