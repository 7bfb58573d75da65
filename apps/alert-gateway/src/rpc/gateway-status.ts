import {
  BreakerState as WireBreaker,
  GatewayServiceService,
  GetStatusRequest,
  GetStatusResponse,
} from '@therapytrain/alerts-api';
import { type Clock, type Instant, may, type Principal } from '@therapytrain/alerts-core';
import type { BreakerState } from '@therapytrain/alerts-manager';
import type { ReportCounts } from '../counting.ts';
import type { PlanningState } from '../follow-up.ts';
import type { GatewayState } from '../gateway.ts';
import type { PolicyInForce } from '../policy-in-force.ts';
import type { ObserveHandlers } from './alert-rpc.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { wireRefused } from './policy-wire.ts';
import { createRpcService, type RpcService } from './service.ts';
import type { Handle, Unary } from './unary.ts';

/** What `GatewayService` is made of. */
export interface StatusRpcParts {
  readonly version: string;
  readonly startedAt: Instant;
  readonly clock: Pick<Clock, 'now'>;
  readonly reports: () => ReportCounts;
  readonly state: () => GatewayState;
  /** Undefined in a gateway that plans nothing. */
  readonly planning: (() => PlanningState) | undefined;
  readonly policies: PolicyInForce | undefined;
  readonly unary: Unary;
  readonly observe: (service: string) => ObserveHandlers;
}

const durationOf = (millis: number) => {
  const whole = Math.max(0, Math.round(millis));
  return { seconds: BigInt(Math.floor(whole / 1_000)), nanos: (whole % 1_000) * 1_000_000 };
};

const counted = ({ kept, duplicate, refused, shed }: ReportCounts) => ({
  kept: BigInt(kept),
  duplicate: BigInt(duplicate),
  refused: BigInt(refused),
  shed: BigInt(shed),
});

// What is wrong with a policy quotes it: for those who may read it. The others are told that there is something.
const policyStatus = (policies: PolicyInForce, asker: Principal) => {
  const { version, loadedAt, refused } = policies.state();
  const told = refused && (may(asker, 'admin') ? refused : { ...refused, message: '', faults: [], changes: [] });
  return { version, loadedAt: new Date(loadedAt), refused: told && wireRefused(told) };
};

const wireBreakers: Readonly<Record<BreakerState, WireBreaker>> = {
  closed: WireBreaker.CLOSED,
  'half-open': WireBreaker.HALF_OPEN,
  open: WireBreaker.OPEN,
};

const planningStatus = ({ lag, busy, channels }: PlanningState) => ({
  lag: BigInt(lag),
  busy,
  channels: channels.map(({ channel, breaker, canaryAge }) => ({
    channel,
    breaker: wireBreakers[breaker],
    canaryAge: canaryAge === undefined ? undefined : durationOf(canaryAge),
  })),
});

const statusOf = (parts: StatusRpcParts, asker: Principal): Uint8Array => {
  const { version, startedAt, clock, reports, state, planning, policies } = parts;
  const { subscribers, slowest, loopDelay, waiting, log } = state();
  const plan = planning?.();
  return GetStatusResponse.encode({
    version,
    startedAt: new Date(startedAt),
    serverTime: new Date(clock.now()),
    reports: counted(reports()),
    newestSequence: BigInt(log.newest),
    oldestSequence: BigInt(log.oldest),
    logBytes: BigInt(log.bytes),
    waitingAlerts: BigInt(waiting),
    loopDelay: durationOf(loopDelay),
    subscribers,
    slowestSubscriber: BigInt(slowest),
    planning: plan && planningStatus(plan),
    policy: policies && policyStatus(policies, asker),
  }).finish();
};

/** Ties `GatewayService` to what the gateway knows of itself. */
export const createStatusRpc = (parts: StatusRpcParts): RpcService => {
  const getStatus: Handle = async (message, _source, { principal }) => {
    decodeStrictly(message, shapes.GetStatusRequest, GetStatusRequest.decode);
    return Buffer.from(statusOf(parts, principal));
  };
  return createRpcService(GatewayServiceService, (name) => (name === 'getStatus' ? getStatus : undefined), parts);
};
