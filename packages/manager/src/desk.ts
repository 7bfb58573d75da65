import {
  type Account,
  type AlertDraft,
  AlertError,
  type AlertLog,
  type AlertSeverity,
  compileExpression,
  decodeAlert,
  type Delivery,
  type DeliveryQuery,
  type Explanation,
  ExpressionError,
  fieldError,
  type Incident,
  type IncidentQuery,
  type Instant,
  type Ports,
  type Silence,
  type Store,
  textFault,
} from '@therapytrain/alerts-core';
import { idFrom } from './hashes.ts';
import type { IncidentChanges } from './incident-changes.ts';
import { createExplain, type Explain, type ExplainParts } from './explain.ts';
import { changesOf, withoutConflict } from './changes.ts';
import type { Policy } from './policy/policy.ts';
import { acknowledged, assigned, commented, resolvedBy } from './stages/command.ts';
import { groupKey, factsOf } from './stages/group.ts';
import { entry, type Plan, type RouteFacts } from './stages/route.ts';
import { silenceEndJob } from './stages/silence-end.ts';

/** Who asks, and the id of the request: the same one a second time changes nothing and gives the same answer. */
export interface Command {
  readonly by: string;
  readonly request: string;
}

/** A command about an incident. */
export interface IncidentCommand extends Command {
  readonly incident: string;
  /** The version that was read; undefined: whatever it is now. Another one is refused with `CONFLICT`. */
  readonly version?: number;
  readonly comment?: string;
}

/** A silence that is asked for. */
export interface SilenceCommand extends Command {
  /** CEL over an alert's facts. */
  readonly when: string;
  readonly reason: string;
  /** Default: now. */
  readonly from?: Instant;
  readonly until: Instant;
  /** What is more severe breaks through. */
  readonly upTo: AlertSeverity;
}

/** A silence, with what it has held back so far. */
export interface ListedSilence extends Silence {
  readonly hiddenAlerts: number;
  /** How many incidents these belong to, and those of another silence that it went on to hide. */
  readonly hiddenIncidents: number;
}

/** What a silence would have held back. */
export interface SilencePreview {
  /** Alerts of the last 24 hours, of the newest 100,000. */
  readonly alerts: number;
  /** Their incidents that are known, at most 100. */
  readonly incidents: readonly Incident[];
}

/** What people ask of a running manager. Rejects with an `AlertError` that names field and rule, and no value. */
export interface Desk {
  incident(id: string): Promise<Incident>;
  incidents(query: IncidentQuery): Promise<readonly Incident[]>;
  /** Incidents as they change. */
  readonly changes: IncidentChanges;
  acknowledge(command: IncidentCommand): Promise<Incident>;
  resolve(command: IncidentCommand): Promise<Incident>;
  assign(command: IncidentCommand & { readonly assignee: string }): Promise<Incident>;
  comment(command: IncidentCommand): Promise<Incident>;
  /** Those that stand, and those that are to come. */
  silences(): Promise<readonly ListedSilence[]>;
  previewSilence(draft: { readonly when: string; readonly upTo: AlertSeverity }): Promise<SilencePreview>;
  createSilence(command: SilenceCommand): Promise<Silence>;
  expireSilence(command: Command & { readonly silence: string }): Promise<Silence>;
  deliveries(query: DeliveryQuery): Promise<readonly Delivery[]>;
  replay(command: Command & { readonly ids: readonly string[] }): Promise<readonly Delivery[]>;
  accounting(): Promise<readonly Account[]>;
  explain(
    what: { readonly alertId: string } | { readonly draft: AlertDraft; readonly source: string },
  ): Promise<Explanation>;
}

/** What the desk works with. */
export interface DeskParts extends Pick<ExplainParts, 'preview' | 'control'> {
  readonly log: AlertLog;
  readonly store: Store;
  readonly policy: () => Policy;
  readonly ports: Ports;
  readonly changes: IncidentChanges;
  /** Called after each change: there may be work. */
  readonly onChanged: () => void;
}

const day = 86_400_000;
const textBytes = 2_000;
const pageAlerts = 1_000;
const previewAlerts = 100_000;
const previewIncidents = 100;

const requestOf = ({ by, request }: Command): string => `${by} ${request}`;

const checkText = (field: string, text: string, needed: boolean): void => {
  const fault = needed && text.trim() === '' ? 'is empty' : textFault(text, textBytes, 'many');
  if (fault) throw fieldError([{ field, rule: fault }]);
};

const expressionOf = (when: string) => {
  try {
    return compileExpression(when);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new AlertError('FILTER_INVALID', `when: ${error.message}`);
  }
};

const checkSpan = (
  { from, until, upTo }: Pick<Silence, 'from' | 'until' | 'upTo'>,
  policy: Policy,
  now: Instant,
): void => {
  const longest = policy.longestSilence.get(upTo);
  if (until <= now) throw fieldError([{ field: 'until', rule: 'is not in the future' }]);
  if (from >= until) throw fieldError([{ field: 'from', rule: 'is not before the end' }]);
  if (longest !== undefined && until - Math.max(from, now) > longest) {
    const hours = Math.round(longest / 3_600_000);
    throw fieldError([
      { field: 'until', rule: `is further away than ${hours} hours, the longest silence of this severity` },
    ]);
  }
};

const createIncidentCommands = ({ store, policy, ports, onChanged }: DeskParts) => {
  const facts = (): RouteFacts => ({ policy: policy(), now: ports.clock.now(), ids: ports.ids });
  const incidentOf = async (id: string): Promise<Incident> => {
    const incident = await store.incident(id);
    if (!incident) throw new AlertError('INCIDENT_NOT_FOUND', 'no incident of this id is known');
    return incident;
  };
  const change = async (
    command: IncidentCommand,
    plan: (incident: Incident, facts: RouteFacts) => Plan,
  ): Promise<Incident> => {
    checkText('comment', command.comment ?? '', false);
    const request = requestOf(command);
    const once = async (): Promise<void> => {
      const incident = await incidentOf(command.incident);
      // Who has not heard the answer asks again, and is told how it is now.
      if (await store.applied(request)) return;
      if (command.version !== undefined && command.version !== incident.version) {
        throw new AlertError('CONFLICT', 'the incident was changed since it was read');
      }
      const next = plan(incident, facts());
      if (next.incident !== incident) await store.commit({ ...changesOf([next]), request });
    };
    // Who named a version wants to hear that it is not the newest any more.
    await (command.version === undefined ? withoutConflict(once) : once());
    onChanged();
    return incidentOf(command.incident);
  };
  return { change, incidentOf, facts };
};

const createSilenceCommands = ({ log, store, policy, ports, onChanged }: DeskParts) => {
  const facts = (): RouteFacts => ({ policy: policy(), now: ports.clock.now(), ids: ports.ids });
  const listed = async (silences: readonly Silence[]): Promise<readonly ListedSilence[]> => {
    const hidden = new Map((await store.hidden(silences.map(({ id }) => id))).map((each) => [each.silence, each]));
    return silences.map((each) => ({
      ...each,
      hiddenAlerts: hidden.get(each.id)?.alerts ?? 0,
      hiddenIncidents: hidden.get(each.id)?.incidents ?? 0,
    }));
  };
  const alertsSince = async function* (since: Instant) {
    let cursor = await log.seek(since);
    for (let seen = 0; seen < previewAlerts;) {
      const batch = await log.read(cursor, pageAlerts);
      if (batch.alerts.length === 0) return;
      for (const { encoded } of batch.alerts) yield decodeAlert(encoded);
      seen += batch.alerts.length;
      cursor = batch.cursor;
    }
  };
  return {
    list: async () => listed(await store.silences(ports.clock.now())),
    preview: async (when: string, upTo: AlertSeverity): Promise<SilencePreview> => {
      const expression = expressionOf(when);
      const keys = new Set<string>();
      let alerts = 0;
      for await (const alert of alertsSince(ports.clock.now() - day)) {
        if (alert.severity > upTo || !expression.matches(factsOf(alert))) continue;
        alerts++;
        if (keys.size < previewIncidents) keys.add(groupKey(alert, policy()));
      }
      return { alerts, incidents: await store.incidentsOf([...keys], 0) };
    },
    create: async (command: SilenceCommand): Promise<Silence> => {
      const { when, reason, from, until, upTo, by } = command;
      const now = ports.clock.now();
      // Named by its request, so that the same request a second time finds the one that it made.
      const id = idFrom(`silence ${requestOf(command)}`);
      const made = (await store.silences(0)).find((each) => each.id === id);
      if (made) return made;
      expressionOf(when);
      checkText('reason', reason, true);
      const silence = { id, when, author: by, reason, from: from ?? now, until, upTo, createdAt: now };
      checkSpan(silence, policy(), now);
      const audit = [entry('silence.created', id, now, { until, upTo }, by)];
      const jobs = [silenceEndJob(silence, until, facts())];
      await store.commit({ silences: [silence], jobs, audit, request: requestOf(command) });
      onChanged();
      return silence;
    },
    expire: async (command: Command & { readonly silence: string }): Promise<Silence> => {
      const now = ports.clock.now();
      const silence = (await store.silences(0)).find((each) => each.id === command.silence);
      if (!silence) throw new AlertError('SILENCE_NOT_FOUND', 'no silence of this id is known');
      // One that is over already stays as it is.
      if (silence.until <= now) return silence;
      const ended = { ...silence, until: now };
      const audit = [entry('silence.expired', silence.id, now, {}, command.by)];
      const jobs = [silenceEndJob(ended, now, facts())];
      await store.commit({ silences: [ended], jobs, audit, request: requestOf(command) });
      onChanged();
      return ended;
    },
  };
};

/** Makes the desk. */
export const createDesk = (parts: DeskParts): Desk => {
  const { store, ports, onChanged } = parts;
  const { change, incidentOf } = createIncidentCommands(parts);
  const silences = createSilenceCommands(parts);
  const explain: Explain = createExplain(parts);
  return {
    incident: incidentOf,
    incidents: (query) => store.incidents(query),
    changes: parts.changes,
    acknowledge: (command) => change(command, (incident, facts) => acknowledged(incident, command, facts)),
    resolve: (command) => change(command, (incident, facts) => resolvedBy(incident, command, facts)),
    assign: (command) => {
      checkText('assignee', command.assignee, false);
      return change(command, (incident, facts) => assigned(incident, command, facts));
    },
    comment: (command) => {
      checkText('comment', command.comment ?? '', true);
      return change(command, (incident, facts) => commented(incident, command, facts));
    },
    silences: () => silences.list(),
    previewSilence: ({ when, upTo }) => silences.preview(when, upTo),
    createSilence: (command) => silences.create(command),
    expireSilence: (command) => silences.expire(command),
    deliveries: (query) => store.deliveries(query),
    replay: async (command) => {
      const { ids, by } = command;
      const request = requestOf(command);
      const now = ports.clock.now();
      if (!(await store.applied(request))) {
        const replayed = await store.replay(ids, now);
        const audit = replayed.map(({ id, target }) => entry('delivery.replayed', id, now, { channel: target }, by));
        await store.commit({ audit, request });
        onChanged();
        return replayed;
      }
      return store.deliveries({ ids, limit: ids.length });
    },
    accounting: () => store.accounting(),
    explain,
  };
};
