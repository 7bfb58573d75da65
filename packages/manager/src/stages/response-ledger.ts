import {
  type Instant,
  type KillSwitch,
  type NewAuditEntry,
  type NewJob,
  type Response,
  type ResponseFacts,
  type ResponseState,
  standingStates,
  type Trip,
} from '@therapytrain/alerts-core';
import { targetKey } from './response-guard.ts';
import type { Raised } from './response-alerts.ts';
import { responseJob } from './response-job.ts';
import { entry, type RouteFacts } from './route.ts';

/** What one batch decides about responses, beside the facts that it began with. */
export interface Ledger {
  readonly killSwitch: KillSwitch;
  /** All that is known, as it is now. */
  all(): Iterable<Response>;
  /** Those of a target. */
  of(key: string): readonly Response[];
  /** Adds one, or puts it in the place of what it was; its version is counted from what the store has. */
  put(response: Response): Response;
  /** Has the response looked at; of one response at the earliest of all times. */
  look(response: Response, due: Instant): void;
  trippedUntil(scope: string): Instant | undefined;
  trip(scope: string, until: Instant): void;
  note(action: string, response: Response, facts?: NewAuditEntry['facts']): void;
  /** An entry that is about no response of its own. */
  log(entry: NewAuditEntry): void;
  raise(raised: Raised): void;
  result(): Planned;
}

/** What follows for responses from a batch of alerts. */
export interface Planned {
  readonly responses: readonly Response[];
  readonly trips: readonly Trip[];
  readonly jobs: readonly NewJob[];
  readonly audit: readonly NewAuditEntry[];
  /** To be reported before the rest is committed. */
  readonly raised: readonly Raised[];
}

/** Names and numbers of a response for the audit: never its target, nor where it came from. */
export const factsOfResponse = (response: Response): NewAuditEntry['facts'] => ({
  incident: response.incident,
  playbook: response.playbook,
  step: response.step,
  responder: response.responder,
  mode: response.mode,
  state: response.state,
  ...(response.reason !== '' && { reason: response.reason }),
});

/** Begins with what the store knows. */
export const createLedger = (before: ResponseFacts, facts: RouteFacts): Ledger => {
  const kept = new Map([...before.ofTargets, ...before.uses].map((each) => [each.id, each]));
  const now = new Map(kept);
  const byTarget = Map.groupBy(now.values(), ({ target }) => targetKey(target));
  const trips = new Map(before.trips.map(({ scope, until }) => [scope, until]));
  const changed = new Set<string>();
  const tripped = new Set<string>();
  const due = new Map<string, Instant>();
  const audit: NewAuditEntry[] = [];
  const raised: Raised[] = [];
  const note: Ledger['note'] = (action, response, more = {}) =>
    void audit.push(entry(`response.${action}`, response.id, facts.now, { ...factsOfResponse(response), ...more }));
  return {
    killSwitch: before.killSwitch,
    all: () => now.values(),
    of: (key) => byTarget.get(key) ?? [],
    put: (response) => {
      const version = (kept.get(response.id)?.version ?? 0) + 1;
      const next = { ...response, version, updatedAt: facts.now };
      const key = targetKey(next.target);
      const others = (byTarget.get(key) ?? []).filter(({ id }) => id !== next.id);
      byTarget.set(key, [...others, next]);
      now.set(next.id, next);
      changed.add(next.id);
      return next;
    },
    look: ({ id }, at) => void due.set(id, Math.min(at, due.get(id) ?? at)),
    trippedUntil: (scope) => trips.get(scope),
    trip: (scope, until) => {
      trips.set(scope, Math.max(until, trips.get(scope) ?? until));
      tripped.add(scope);
    },
    note,
    log: (each) => void audit.push(each),
    raise: (each) => void raised.push(each),
    result: () => {
      const responses = [...changed].flatMap((id) => now.get(id) ?? []);
      return {
        responses,
        trips: [...tripped].map((scope) => ({ scope, until: trips.get(scope) ?? facts.now })),
        jobs: responses.flatMap((each) => {
          const at = due.get(each.id);
          const goesOn = (standingStates as readonly ResponseState[]).includes(each.state);
          return at === undefined || !goesOn ? [] : [responseJob(each, at, facts)];
        }),
        audit,
        raised,
      };
    },
  };
};
