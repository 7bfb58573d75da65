import {
  type Account,
  AlertError,
  compileExpression,
  type Delivery,
  type Explanation,
  ExpressionError,
  type Incident,
  type Silence,
} from '@therapytrain/alerts-core';
import type { Desk, IncidentCommand } from '@therapytrain/alerts-manager';
import { idOf, silenceOf } from './desk-samples.ts';

/** What a desk in memory holds. A test may read and change it. */
export interface DeskContents {
  incidents: Incident[];
  silences: Silence[];
  deliveries: Delivery[];
  accounts: Account[];
  /** Requests that were carried out, with their answers: the same one a second time changes nothing. */
  readonly requests: Map<string, unknown>;
  /** What was asked last. */
  asked: unknown;
}

const below = <T extends { readonly id: string }>(
  items: readonly T[],
  before: string | undefined,
  limit: number,
): T[] =>
  items
    .filter(({ id }) => before === undefined || id < before)
    .sort((one, other) => (one.id < other.id ? 1 : -1))
    .slice(0, limit);

const known = <T extends { readonly id: string }>(items: readonly T[], id: string, code: 'INCIDENT' | 'SILENCE'): T => {
  const found = items.find((each) => each.id === id);
  if (!found) throw new AlertError(`${code}_NOT_FOUND`, 'none of this id is known');
  return found;
};

const compile = (when: string) => {
  try {
    return compileExpression(when);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new AlertError('FILTER_INVALID', `when: ${error.message}`);
  }
};

const replaced = <T extends { readonly id: string }>(items: readonly T[], item: T): T[] =>
  items.map((each) => (each.id === item.id ? item : each));

const explanation = (alertId: string): Explanation => ({
  alertId,
  policy: '0123456789ab',
  incident: idOf('incident', 1),
  steps: [
    { name: 'fingerprint', verdict: 'info', detail: 'Made of type and userId.', steps: [] },
    {
      name: 'route root',
      verdict: 'yes',
      detail: 'It takes all.',
      steps: [{ name: 'route root/clinical', verdict: 'no', detail: 'severity is below HIGH.', steps: [] }],
    },
  ],
});

const createOnce =
  ({ requests }: DeskContents) =>
  async <T>({ by, request }: { by: string; request: string }, change: () => T): Promise<T> => {
    const key = `${by} ${request}`;
    if (!requests.has(key)) requests.set(key, change());
    return requests.get(key) as T;
  };

type Once = ReturnType<typeof createOnce>;

const incidentPart = (has: DeskContents, once: Once) => {
  const change = (command: IncidentCommand, changes: Partial<Incident>) =>
    once(command, () => {
      has.asked = command;
      const incident = known(has.incidents, command.incident, 'INCIDENT');
      if (command.version !== undefined && command.version !== incident.version) {
        throw new AlertError('CONFLICT', 'it was changed since it was read');
      }
      const next = { ...incident, ...changes, version: incident.version + 1 };
      has.incidents = replaced(has.incidents, next);
      return next;
    });
  return {
    // It never changes by itself: who follows hears of nothing.
    changes: {
      newest: async () => 0,
      after: async (place) => ({ incidents: [], cursor: place }),
      follow: () => () => undefined,
    },
    incident: async (id) => known(has.incidents, id, 'INCIDENT'),
    incidents: async ({ states, overdueAt, before, limit }) =>
      below(
        has.incidents
          .filter(({ state }) => states?.includes(state) ?? true)
          .filter(({ acknowledgeBy }) => overdueAt === undefined || (acknowledgeBy ?? Infinity) <= overdueAt),
        before,
        limit,
      ),
    acknowledge: (command) =>
      change(command, { state: 'ACKNOWLEDGED', by: command.by, comment: command.comment ?? '', acknowledgedAt: 5 }),
    resolve: (command) =>
      change(command, { state: 'RESOLVED', by: command.by, comment: command.comment ?? '', resolvedAt: 6 }),
    assign: (command) => change(command, { assignee: command.assignee }),
    comment: (command) => change(command, { comment: command.comment ?? '' }),
  } satisfies Partial<Desk>;
};

const silencePart = (has: DeskContents, once: Once) =>
  ({
    silences: async () => has.silences.map((each, n) => ({ ...each, hiddenAlerts: 10 + n, hiddenIncidents: n })),
    previewSilence: async ({ when, upTo }) => {
      const expression = compile(when);
      const incidents = has.incidents.filter(({ facts }) => facts.severity <= upTo && expression.matches(facts));
      return { alerts: incidents.reduce((sum, { count }) => sum + count, 0), incidents };
    },
    createSilence: (command) =>
      once(command, () => {
        has.asked = command;
        compile(command.when);
        const { by: author, when, reason, until, upTo, from = 7 } = command;
        const silence = silenceOf(has.silences.length + 1, { author, when, reason, until, upTo, from });
        has.silences = [...has.silences, silence];
        return silence;
      }),
    expireSilence: (command) =>
      once(command, () => {
        const ended = { ...known(has.silences, command.silence, 'SILENCE'), until: 8 };
        has.silences = has.silences.filter(({ id }) => id !== ended.id);
        return ended;
      }),
  }) satisfies Partial<Desk>;

const deliveryPart = (has: DeskContents, once: Once) =>
  ({
    deliveries: async ({ ids, incident, channel, states, before, limit }) =>
      below(
        has.deliveries.filter(
          (each) =>
            (ids?.includes(each.id) ?? true) &&
            (incident === undefined || each.incident === incident) &&
            (channel === undefined || each.target === channel) &&
            (states?.includes(each.state) ?? true),
        ),
        before,
        limit,
      ),
    replay: (command) =>
      once(command, () => {
        const dead = has.deliveries.filter(({ id, state }) => state === 'dead' && command.ids.includes(id));
        const due = dead.map((each) => ({ ...each, state: 'waiting' as const, attempts: 0 }));
        for (const each of due) has.deliveries = replaced(has.deliveries, each);
        return due;
      }),
    accounting: async () => has.accounts,
  }) satisfies Partial<Desk>;

/** A desk in memory: small, but it keeps what it promises. Plans nothing. */
export const createSmallDesk = (
  given: Partial<DeskContents> = {},
): { readonly desk: Desk; readonly has: DeskContents } => {
  const has: DeskContents = {
    incidents: [],
    silences: [],
    deliveries: [],
    accounts: [],
    requests: new Map(),
    asked: undefined,
    ...given,
  };
  const once = createOnce(has);
  const desk: Desk = {
    ...incidentPart(has, once),
    ...silencePart(has, once),
    ...deliveryPart(has, once),
    explain: async (what) => {
      has.asked = what;
      if (!('alertId' in what)) return explanation('');
      if (what.alertId !== idOf('alert', 1)) throw new AlertError('ALERT_NOT_FOUND', 'no alert of this id is kept');
      return explanation(what.alertId);
    },
  };
  return { desk, has };
};
