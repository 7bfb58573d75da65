import { GatewayServiceService as methods } from '@therapytrain/alerts-api';
import type { Ask } from '../calls.ts';
import { askBy, present } from './method.ts';
import { readRefused } from './policy.ts';
import type { GatewayStatus } from './types.ts';
import { instantOf } from './wire.ts';

/** Asks how the gateway is doing. */
export const gatewayStatus = async (ask: Ask): Promise<GatewayStatus> => {
  const wire = await askBy(ask, methods.getStatus, {});
  const { kept, duplicate, refused, shed } = present(wire.reports);
  const { seconds, nanos } = present(wire.loopDelay);
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
    loopDelay: Number(seconds) * 1_000 + nanos / 1_000_000,
    subscribers: wire.subscribers,
    slowest: Number(wire.slowestSubscriber),
    planning: planning && { lag: Number(planning.lag), busy: planning.busy },
    policy: policy && {
      version: policy.version,
      loadedAt: instantOf(policy.loadedAt),
      refused: readRefused(policy.refused),
    },
  };
};
