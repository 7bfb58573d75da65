import { type AlertLog, type Cursor, type Millis, type Ports, type Store } from '@therapytrain/alerts-core';
import type { Secret } from '@therapytrain/alerts-core/channel';
import {
  type BreakerState,
  breakerStates,
  type Commitment,
  createDecisionFeed,
  type Desk,
  type Engine,
  type Policy,
  type ResponseDesk,
  startEngine,
  type WatchedDecisions,
} from '@therapytrain/alerts-manager';
import { responderKinds } from '@therapytrain/alerts-responders';
import {
  countBreaches,
  countDetections,
  countRows,
  type Logger,
  traceChannel,
  traceResponder,
  watchDeliveries,
  watchIncidents,
  watchResponses,
} from '@therapytrain/alerts-telemetry';
import type { Meter, Tracer } from '@opentelemetry/api';
import { createChannels } from './channels.ts';
import { type Prepared, together } from './in-force.ts';
import { channelKinds } from './kinds.ts';
import { createResponders } from './responders.ts';
import { startPruning } from './pruning.ts';
import { responseFigures } from './response-figures.ts';

/** What the follow-up of alerts is made of. */
export interface FollowUpParts {
  readonly log: AlertLog;
  readonly store: Store;
  readonly policy: Policy;
  readonly ports: Ports;
  /** What pseudonyms are made with. */
  readonly pseudonymKey: Secret;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly logger: Logger;
  /** False while the audit log cannot be written: nothing that acts is begun then. */
  readonly mayAct: () => boolean;
  /** What stands in the audit for whom a response is about. */
  readonly commitment: Commitment;
}

/** How what follows from alerts is doing. */
export interface PlanningState {
  /** How many alerts are kept and not planned yet. */
  readonly lag: number;
  /** How many attempts are under way. */
  readonly busy: number;
  /** The channels of the policy in force. */
  readonly channels: readonly {
    readonly channel: string;
    readonly breaker: BreakerState;
    /** How long ago its last canary was delivered; undefined where it has none, or none was planned yet. */
    readonly canaryAge: Millis | undefined;
  }[];
}

/** Everything that follows from kept alerts, at work in this process. */
export interface FollowUp {
  readonly desk: Desk;
  /** What people ask of responses. */
  readonly responses: ResponseDesk;
  /** Where responders put decisions, and where services hear of them. */
  readonly decisions: WatchedDecisions;
  /** How many alerts are kept and not planned yet. */
  lag(): number;
  /** How far the log is planned. */
  planned(): Promise<Cursor>;
  /** The policy in force. */
  policy(): Policy;
  /** How all of it is doing. */
  planning(): PlanningState;
  /**
   * Builds everything that another policy needs. Throws `POLICY_INVALID` and changes nothing where a channel or a
   * responder cannot be built. What it returns puts the policy and what was built in force, in one step that cannot fail.
   */
  prepare(policy: Policy): Prepared;
  /** Ends planning and the attempts under way, and closes channels and responders. The store stays open. */
  stop(): Promise<void>;
}

const countPruned = (meter: Meter, logger: Logger) => {
  const count = countRows(meter);
  return (rows: number): void => {
    count(rows);
    logger.info({ count: rows }, 'incidents and deliveries past their retention were let go');
  };
};

const byKind = <K extends { readonly kind: string }>(kinds: readonly K[]): ReadonlyMap<string, K> =>
  new Map(kinds.map((each) => [each.kind, each]));

const planningOf = ({ planner, worker, channels }: Engine): PlanningState => {
  const ages = channels.canaryAges();
  return {
    lag: planner.lag(),
    busy: worker.busy(),
    channels: [...channels.breakers()].map(([channel, breaker]) => ({
      channel,
      breaker,
      canaryAge: ages.get(channel),
    })),
  };
};

/** The most that the metric of what is overdue looks at. */
const mostOverdue = 10_000;

const watchAll = (meter: Meter, { planner, channels }: Engine, store: Store, { clock }: Pick<Ports, 'clock'>): void => {
  watchIncidents(meter, { overdue: () => store.incidents({ overdueAt: clock.now(), limit: mostOverdue }) });
  watchDeliveries(meter, {
    accounting: () => store.accounting(),
    lag: () => planner.lag(),
    breakers: () => new Map([...channels.breakers()].map(([name, state]) => [name, breakerStates.indexOf(state)])),
    canaryAges: channels.canaryAges,
  });
  watchResponses(meter, responseFigures(store, clock));
};

/** Builds the channels and responders of the policy and starts the engine. Rejects with `POLICY_INVALID` where one cannot be built. */
export const startFollowUp = async (parts: FollowUpParts): Promise<FollowUp> => {
  const { log, ports, tracer, meter, logger } = parts;
  const store = countBreaches(parts.store, meter);
  let { policy } = parts;
  const decisions = createDecisionFeed(store, ports.clock);
  const channels = createChannels({
    kinds: byKind(channelKinds),
    ports,
    wrap: (settings, channel) => traceChannel(settings, channel, tracer, meter),
  });
  const responders = createResponders({
    kinds: byKind(responderKinds),
    ports: { ...ports, decisions },
    wrap: (settings, responder) => traceResponder(settings, responder, tracer, meter),
  });
  const prepare = (next: Policy): Prepared =>
    together(channels.prepare(next.channels), () => responders.prepare(next.responders));
  prepare(policy).use();
  const engine = startEngine({
    log,
    store,
    policy: () => policy,
    channel: channels.get,
    responder: responders.get,
    mayAct: parts.mayAct,
    commitment: parts.commitment,
    pseudonymKey: parts.pseudonymKey,
    ports,
    onRaised: countDetections(meter),
    onError: (err) => logger.error({ err }, 'planning or delivering failed'),
  });
  const revertProtected = (): void => {
    engine.revertProtected().then(
      (count) => count > 0 && logger.warn({ count }, 'responses against what is protected now are taken back'),
      (err: unknown) => logger.error({ err }, 'responses against what is protected were not looked for'),
    );
  };
  revertProtected();
  watchAll(meter, engine, store, ports);
  const pruning = startPruning({
    store,
    policy: () => policy,
    clock: ports.clock,
    onPruned: countPruned(meter, logger),
    onFailure: (err) => logger.error({ err }, 'letting go of what is over failed'),
  });
  return {
    desk: engine.desk,
    responses: engine.responses,
    decisions,
    lag: () => engine.planner.lag(),
    planned: () => store.cursor(),
    policy: () => policy,
    prepare: (next) => {
      const prepared = prepare(next);
      return {
        ...prepared,
        use: () => {
          prepared.use();
          policy = next;
          revertProtected();
        },
      };
    },
    planning: () => planningOf(engine),
    stop: async () => {
      pruning.stop();
      await engine.stop();
      await Promise.all([channels.close(), responders.close()]);
    },
  };
};
