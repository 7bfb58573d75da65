import type { AlertLog, Ports, Store } from '@therapytrain/alerts-core';
import {
  type Channel,
  createProjection,
  createPseudonyms,
  type Project,
  type Secret,
} from '@therapytrain/alerts-core/channel';
import { watchChanges } from './incident-changes.ts';
import { type Commitment, withCommitments } from './commitments.ts';
import { createDesk, type Desk } from './desk.ts';
import { type Canaries, createCanaries } from './canaries.ts';
import { type Control, createControl } from './control/control.ts';
import type { ExplainParts } from './explain.ts';
import { createFlow, createFollowUp } from './flow.ts';
import { type BuiltResponder, createResponding, type Responding } from './responding.ts';
import { createResponseDesk, type ResponseDesk } from './response-desk.ts';
import { type Planner, startPlanner } from './planner.ts';
import { longestWait } from './policy/longest-wait.ts';
import { isPassedOver } from './policy/matching.ts';
import type { Policy } from './policy/policy.ts';
import { type DeliverParts, storyOf } from './stages/deliver.ts';
import type { RouteFacts } from './stages/route.ts';
import { startWorker, type Worker } from './worker.ts';

/** What the engine is made of. */
export interface EngineParts {
  readonly log: AlertLog;
  readonly store: Store;
  /** The policy in force, asked for each decision anew. */
  readonly policy: () => Policy;
  /** The channels of the policy in force, by name. */
  readonly channel: (name: string) => Channel | undefined;
  /** What pseudonyms are made with; kept for as long as the deployment. */
  readonly pseudonymKey: Secret;
  readonly ports: Ports;
  /** The responders of the policy in force, by name. Default: none. */
  readonly responder?: (name: string) => BuiltResponder | undefined;
  /** False while nothing that acts may run, as the audit cannot be written. Default: it may. */
  readonly mayAct?: () => boolean;
  /** What stands in the audit for whom a response is about. Default: nothing does. */
  readonly commitment?: Commitment;
  /** How many attempts at once. Default: 32. */
  readonly concurrency?: number;
  /** How many attempts at once through a channel that is no longer in the policy. Default: 4. */
  readonly perChannel?: number;
  /** How many groups of one detection are remembered; beyond, the one that was touched longest ago goes. Default: 100,000. */
  readonly mostGroups?: number;
  /** Told of each alert that a detection raises, by the detection's name. */
  readonly onRaised?: (detection: string) => void;
  /** Told of defects of ours, and of a store that is away. */
  readonly onError: (error: unknown) => void;
}

/** Everything that follows from kept alerts, at work. */
export interface Engine {
  readonly desk: Desk;
  readonly responses: ResponseDesk;
  /**
   * Takes back, or never does, what the policy in force protects. To be called whenever it has changed, and at the start.
   * Gives how many responses that were.
   */
  readonly revertProtected: Responding['revertProtected'];
  readonly planner: Pick<Planner, 'idle' | 'lag'>;
  readonly worker: Pick<Worker, 'busy'>;
  /** How the channels of the policy are. */
  readonly channels: { readonly breakers: Control['states']; readonly canaryAges: Canaries['ages'] };
  /** Plans no more, gives up the attempts under way, and resolves when they have ended. Closes nothing it was given. */
  stop(): Promise<void>;
}

/** What the policy says of how alerts of a type are handled. */
const createHandling =
  (policy: () => Policy): DeliverParts['handling'] =>
  (type) => {
    const [owner, runbook] = [policy().ownerOf(type), policy().runbookOf(type)];
    return { ...(owner !== undefined && { owner }), ...(runbook !== undefined && { runbook }) };
  };

/** A notice as a channel would be given it, in lines. */
const createPreview =
  (
    { channel, ports }: Pick<EngineParts, 'channel' | 'ports'>,
    project: Project,
    handling: DeliverParts['handling'],
  ): ExplainParts['preview'] =>
  (name, incident, alert) => {
    const clearance = channel(name)?.clearance;
    if (clearance === undefined) return undefined;
    const at = ports.clock.now();
    const about = { total: incident.count, incident: storyOf(incident), ...handling(incident.facts.type) };
    const { headline, alerts, owner, runbook } = project({ event: 'opened', at, alerts: [alert], ...about }, clearance);
    const lines = alerts.flatMap(({ message, facts, withheld }) => [
      ...(message === '' ? [] : [message]),
      ...facts.map(({ label, text }) => `${label}: ${text}`),
      ...(withheld === 0 ? [] : [withheld === 1 ? '1 value is withheld' : `${withheld} values are withheld`]),
    ]);
    const more = [...(owner ? [`Owner: ${owner}`] : []), ...(runbook ? [`Runbook: ${runbook}`] : [])];
    return { headline, lines: [...lines, ...more] };
  };

/** Starts planning and working. */
export const startEngine = (parts: EngineParts): Engine => {
  const { log, policy, channel, ports, onError } = parts;
  const { commitment } = parts;
  const { store, changes } = watchChanges(commitment ? withCommitments(parts.store, commitment) : parts.store);
  const pseudonyms = createPseudonyms(parts.pseudonymKey);
  const control = createControl({ policy, clock: ports.clock, perChannel: parts.perChannel ?? 4 });
  const flow = createFlow({ log, types: () => policy().types, ports });
  const canaries = createCanaries({ store, policy, clock: ports.clock, ids: ports.ids, report: flow.report });
  // The types may change with the policy.
  const project: Project = (story, clearance) =>
    createProjection({ types: policy().types, pseudonyms })(story, clearance);
  const facts = (): RouteFacts => ({ policy: policy(), now: ports.clock.now(), ids: ports.ids });
  const responder = parts.responder ?? (() => undefined);
  const responding = createResponding({
    ...{ store, policy, facts, ports, responder, report: flow.report, onDefect: onError },
    mayAct: parts.mayAct ?? (() => true),
    onChanged: () => worker.wake(),
  });
  const handling = createHandling(policy);
  const followUp = createFollowUp({
    control,
    responding,
    onCanary: canaries.settled,
    flow,
    log,
    store,
    policy,
    ports,
    channel,
    project,
    questions: responding.questions,
    link: (incident) => {
      const base = policy().incidentLink;
      return base === undefined ? undefined : base + incident;
    },
    handling,
    onDefect: onError,
    ...(parts.mostGroups !== undefined && { mostGroups: parts.mostGroups }),
    ...(parts.onRaised && { onRaised: parts.onRaised }),
  });
  const { clock } = ports;
  const worker = startWorker({
    store,
    followUp,
    clock,
    concurrency: parts.concurrency ?? 32,
    control,
    upkeep: async () => {
      await responding.upkeep();
      await canaries.upkeep();
    },
    longestWait: () => longestWait(policy()),
    onError,
  });
  const onPlanned = (): void => worker.wake();
  const planner = startPlanner({
    ...{ log, followUp, clock, onPlanned, onError },
    plans: () => !isPassedOver(policy()),
    cursor: () => store.cursor(),
  });
  return {
    desk: createDesk({
      ...{ log, store, policy, ports, changes, control },
      preview: createPreview(parts, project, handling),
      onChanged: onPlanned,
    }),
    responses: createResponseDesk({
      ...{ store, facts, responding, onChanged: onPlanned },
      reversible: (name) => responder(name)?.kind.reversible ?? policy().responders.get(name)?.reversible ?? false,
    }),
    revertProtected: responding.revertProtected,
    planner,
    worker,
    channels: { breakers: control.states, canaryAges: canaries.ages },
    stop: async () => {
      await planner.stop();
      await worker.stop();
    },
  };
};
