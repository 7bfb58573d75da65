import { createNoopMeter, type Meter } from '@opentelemetry/api';
import type { DecisionCount, Enforcer, Instant, Response, Trip } from '@therapytrain/alerts-core';
import { decisionKindNames } from '@therapytrain/alerts-core/responder';
import { createObserved } from './instruments.ts';

/** What of a response is counted. */
export type CountedResponse = Pick<Response, 'playbook' | 'responder' | 'state' | 'until' | 'updatedAt'>;

/** What is asked whenever metrics are collected. */
export interface ResponseFigures {
  /** The responses that stand. */
  readonly standing: () => Promise<readonly CountedResponse[]>;
  /** What keeps everything from being done, and what keeps something from being done unasked. */
  readonly guards: () => Promise<{ readonly killSwitch: { readonly on: boolean }; readonly trips: readonly Trip[] }>;
  /** Decisions in force, of each kind that has some. */
  readonly decisions: () => Promise<readonly DecisionCount[]>;
  /** The services that enforce, and the place of the newest change of all decisions. */
  readonly enforcers: () => Promise<{ readonly all: readonly Pick<Enforcer, 'cursor'>[]; readonly newest: number }>;
  readonly now: () => Instant;
}

/** A lease is reverted at its time; one that still stands so much later is overdue, in milliseconds. */
export const revertSlack = 30_000;

/** True where it should have been taken back before now, with {@link revertSlack}. */
export const isRevertOverdue = ({ state, until, updatedAt }: CountedResponse, now: Instant): boolean => {
  if (state !== 'in_force' && state !== 'reverting') return false;
  // Somebody may take it back before its time.
  const due = Math.min(until ?? Infinity, state === 'reverting' ? updatedAt : Infinity);
  return due + revertSlack <= now;
};

// A scope names a playbook, a reporter or an address: what it is about is a label, its name is not.
const scopes = ['all', 'playbook', 'responder', 'source', 'origin'] as const;
const scopeOf = ({ scope }: Trip): string => scope.split('/')[0] ?? scope;

/** Has the gauges of responses read from the store itself. A store that is away gives no figures, and no error. */
export const watchResponses = (meter: Meter, figures: ResponseFigures): void => {
  if (meter === createNoopMeter()) return;
  const { standing, guards, decisions, enforcers, now } = figures;
  createObserved(meter, 'alerts.responses.standing').addCallback(async (result) => {
    const responses = await standing().catch(() => []);
    const groups = Map.groupBy(responses, ({ playbook, responder, state }) =>
      JSON.stringify([playbook, responder, state]),
    );
    for (const [key, { length }] of groups) {
      const [playbook, responder, state] = JSON.parse(key) as [string, string, string];
      result.observe(length, { playbook, responder, state });
    }
  });
  createObserved(meter, 'alerts.responses.reverts.overdue').addCallback(async (result) => {
    const responses = await standing().catch(() => undefined);
    if (responses) result.observe(responses.filter((each) => isRevertOverdue(each, now())).length);
  });
  createObserved(meter, 'alerts.responses.trips').addCallback(async (result) => {
    const found = await guards().catch(() => undefined);
    if (!found) return;
    for (const scope of scopes) {
      result.observe(found.trips.filter((each) => each.until > now() && scopeOf(each) === scope).length, { scope });
    }
  });
  createObserved(meter, 'alerts.responses.stopped').addCallback(async (result) => {
    const found = await guards().catch(() => undefined);
    if (found) result.observe(found.killSwitch.on ? 1 : 0);
  });
  createObserved(meter, 'alerts.decisions.standing').addCallback(async (result) => {
    const counts = await decisions().catch(() => undefined);
    if (!counts) return;
    const of = new Map(counts.map(({ kind, decisions: count }) => [kind, count]));
    for (const kind of decisionKindNames) result.observe(of.get(kind) ?? 0, { kind });
  });
  createObserved(meter, 'alerts.decisions.enforcers').addCallback(async (result) => {
    const found = await enforcers().catch(() => undefined);
    if (!found) return;
    const current = found.all.filter(({ cursor }) => cursor >= found.newest).length;
    result.observe(current, { current: 'true' });
    result.observe(found.all.length - current, { current: 'false' });
  });
};
