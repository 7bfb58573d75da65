import { type AlertLog, type Cursor, type Ports, type Store, systemRandom } from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';
import { breakerStates, type Desk, type Policy, startEngine } from '@therapytrain/alerts-manager';
import {
  countBreaches,
  countDetections,
  countRows,
  type Logger,
  traceChannel,
  watchDeliveries,
  watchIncidents,
} from '@therapytrain/alerts-telemetry';
import type { Meter, Tracer } from '@opentelemetry/api';
import { createChannels, type PreparedChannels } from './channels.ts';
import { loadKey } from './keys.ts';
import { channelKinds } from './kinds.ts';
import { startPruning } from './pruning.ts';

/** What the follow-up of alerts is made of. */
export interface FollowUpParts {
  readonly log: AlertLog;
  readonly store: Store;
  readonly policy: Policy;
  readonly ports: Ports;
  /** The data directory, which holds the key of the pseudonyms. */
  readonly directory: string;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly logger: Logger;
}

/** Everything that follows from kept alerts, at work in this process. */
export interface FollowUp {
  readonly desk: Desk;
  /** How many alerts are kept and not planned yet. */
  lag(): number;
  /** How far the log is planned. */
  planned(): Promise<Cursor>;
  /** The policy in force. */
  policy(): Policy;
  /** How far planning is behind, and how many attempts are under way. */
  planning(): { readonly lag: number; readonly busy: number };
  /**
   * Builds everything that another policy needs. Throws `POLICY_INVALID` and changes nothing where a channel cannot be
   * built. What it returns puts the policy and its channels in force, in one step that cannot fail.
   */
  prepare(policy: Policy): PreparedChannels;
  /** Ends planning and the attempts under way, and closes the channels. The store stays open. */
  stop(): Promise<void>;
}

const countPruned = (meter: Meter, logger: Logger) => {
  const count = countRows(meter);
  return (rows: number): void => {
    count(rows);
    logger.info({ count: rows }, 'incidents and deliveries past their retention were let go');
  };
};

/** The most that the metric of what is overdue looks at. */
const mostOverdue = 10_000;

/** Builds the channels of the policy and starts the engine. Rejects with `POLICY_INVALID` where one cannot be built. */
export const startFollowUp = async (parts: FollowUpParts): Promise<FollowUp> => {
  const { log, ports, directory, tracer, meter, logger } = parts;
  const store = countBreaches(parts.store, meter);
  let { policy } = parts;
  const channels = createChannels({
    kinds: new Map(channelKinds.map((each) => [each.kind, each])),
    ports,
    wrap: (settings, channel) => traceChannel(settings, channel, tracer, meter),
  });
  channels.prepare(policy).use();
  const key = Buffer.from(loadKey('pseudonym', directory, systemRandom)).toString('hex');
  const engine = startEngine({
    log,
    store,
    policy: () => policy,
    channel: channels.get,
    pseudonymKey: new Secret(key),
    ports,
    onRaised: countDetections(meter),
    onError: (err) => logger.error({ err }, 'planning or delivering failed'),
  });
  const overdue = () => store.incidents({ overdueAt: ports.clock.now(), limit: mostOverdue });
  watchIncidents(meter, { overdue });
  watchDeliveries(meter, {
    accounting: () => store.accounting(),
    lag: () => engine.planner.lag(),
    breakers: () =>
      new Map([...engine.channels.breakers()].map(([name, state]) => [name, breakerStates.indexOf(state)])),
    canaryAges: engine.channels.canaryAges,
  });
  const pruning = startPruning({
    store,
    policy: () => policy,
    clock: ports.clock,
    onPruned: countPruned(meter, logger),
    onFailure: (err) => logger.error({ err }, 'letting go of what is over failed'),
  });
  return {
    desk: engine.desk,
    lag: () => engine.planner.lag(),
    planned: () => store.cursor(),
    policy: () => policy,
    prepare: (next) => {
      const prepared = channels.prepare(next);
      return {
        ...prepared,
        use: () => {
          prepared.use();
          policy = next;
        },
      };
    },
    planning: () => ({ lag: engine.planner.lag(), busy: engine.worker.busy() }),
    stop: async () => {
      pruning.stop();
      await engine.stop();
      await channels.close();
    },
  };
};
