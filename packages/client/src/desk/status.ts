import {
  type ChannelStatus as WireChannel,
  GatewayServiceService as methods,
  type GetStatusResponse,
} from '@therapytrain/alerts-api';
import type { Millis } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { askBy, present } from './method.ts';
import { readRefused } from './policy.ts';
import type { ChannelStatus, GatewayStatus } from './types.ts';
import { instantOf } from './wire.ts';

const breakers = ['closed', 'half-open', 'open'] as const;

const millisOf = ({ seconds, nanos }: NonNullable<GetStatusResponse['loopDelay']>): Millis =>
  Number(seconds) * 1_000 + nanos / 1_000_000;

const readChannel = ({ channel, breaker, canaryAge }: WireChannel): ChannelStatus => ({
  channel,
  breaker: breakers[breaker - 1],
  canaryAge: canaryAge && millisOf(canaryAge),
});

/** Asks how the gateway is doing. */
export const gatewayStatus = async (ask: Ask): Promise<GatewayStatus> => {
  const wire = await askBy(ask, methods.getStatus, {});
  const { kept, duplicate, refused, shed } = present(wire.reports);
  const { planning, policy } = wire;
  return {
    version: wire.version,
    startedAt: instantOf(wire.startedAt),
    serverTime: instantOf(wire.serverTime),
    reports: { kept: Number(kept), duplicate: Number(duplicate), refused: Number(refused), shed: Number(shed) },
    newestSequence: Number(wire.newestSequence),
    oldestSequence: Number(wire.oldestSequence),
    logBytes: Number(wire.logBytes),
    waiting: Number(wire.waitingAlerts),
    loopDelay: millisOf(present(wire.loopDelay)),
    subscribers: wire.subscribers,
    slowest: Number(wire.slowestSubscriber),
    planning: planning && {
      lag: Number(planning.lag),
      busy: planning.busy,
      channels: planning.channels.map(readChannel),
    },
    policy: policy && {
      version: policy.version,
      loadedAt: instantOf(policy.loadedAt),
      refused: readRefused(policy.refused),
    },
  };
};
