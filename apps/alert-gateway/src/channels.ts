import { AlertError, type Ports } from '@therapytrain/alerts-core';
import { type Channel, type ChannelKind, parseOptions } from '@therapytrain/alerts-core/channel';
import type { ChannelSettings } from '@therapytrain/alerts-manager';
import { createInForce, type InForce } from './in-force.ts';

/** How channels are built. */
export interface ChannelsParts {
  readonly kinds: ReadonlyMap<string, ChannelKind>;
  readonly ports: Ports;
  /** Wraps each channel that is built, for telemetry. */
  readonly wrap: (settings: ChannelSettings, channel: Channel) => Channel;
}

/** The channels of the policy in force. `prepare` throws `POLICY_INVALID` where one cannot be built. */
export type Channels = InForce<ChannelSettings, Channel>;

/** Makes the channels; there are none until a policy is put in force. */
export const createChannels = ({ kinds, ports, wrap }: ChannelsParts): Channels =>
  createInForce({
    clock: ports.clock,
    build: (settings, during) => {
      const kind = kinds.get(settings.kind);
      if (!kind) throw new AlertError('POLICY_INVALID', `channels.${settings.name}: there is no channel of this kind`);
      try {
        const channel = wrap(settings, kind.create(parseOptions(kind.options, settings.options), ports));
        return { ...channel, deliver: (...args) => during(() => channel.deliver(...args)) };
      } catch (error) {
        if (!(error instanceof AlertError)) throw error;
        throw new AlertError('POLICY_INVALID', `channels.${settings.name}: ${error.message}`, { cause: error });
      }
    },
  });
