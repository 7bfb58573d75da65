import { hash } from 'node:crypto';
import type { Changes, Claim, Incident, Job, Millis, NewAuditEntry, Store } from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf, type Story } from '@therapytrain/alerts-core/channel';
import { changesOf, withoutConflict } from './changes.ts';
import type { Control } from './control/control.ts';
import { digestStory } from './digest.ts';
import { canaryStory, isCanary } from './stages/canary.ts';
import { deliver, type DeliverParts, storyOfIncident } from './stages/deliver.ts';
import { digestStandIn, standIn, standInsOf } from './stages/fallback.ts';
import { digestJob, digestSlot, limited } from './stages/limit.ts';
import { entry, type RouteFacts } from './stages/route.ts';
import { needsFallback, settle, type SettleFacts } from './stages/settle.ts';

/** What telling is made of. */
export interface TellingParts extends DeliverParts {
  readonly store: Store;
  readonly control: Control;
  readonly facts: () => RouteFacts;
  readonly ports: SettleFacts;
  readonly onDefect: (error: unknown) => void;
  /** Told of the end of each canary. */
  readonly onCanary: (channel: string, end: 'done' | 'dead') => void;
}

/** What may become of a claimed delivery. */
interface Telling {
  readonly claim: Claim;
  readonly job: Job;
  /** Undefined for a digest, a canary and the end of a silence. */
  readonly incident: Incident | undefined;
  /** Where it is known already. */
  readonly story: Story | undefined;
}

/** What a delivery tells of; nothing for a digest and a canary, which are asked for it. */
export type About = Partial<Pick<Telling, 'incident' | 'story'>>;

const without = ({ ref: _, ...outcome }: Outcome & { readonly ref?: string }): Outcome => outcome as Outcome;

const createAttempt = (parts: TellingParts) => {
  const { store, ports, onDefect } = parts;
  const storyOf = ({ job, incident, story }: Telling) => {
    const now = ports.clock.now();
    if (story) return story;
    if (incident) return storyOfIncident({ job, incident, now }, parts);
    return isCanary(job) ? canaryStory(job, now) : digestStory(job, now, parts);
  };
  return async (telling: Telling, signal: AbortSignal): Promise<Outcome> => {
    const { job, incident } = telling;
    try {
      const asked = incident && store.ref(incident.id, job.target);
      const [story, ref] = await Promise.all([storyOf(telling), asked]);
      if (incident) return await deliver({ job, story, ref }, parts, signal);
      // What a digest or a canary made at the peer is no thread for the next one.
      return without(await deliver({ job, story, ref: undefined }, parts, signal));
    } catch (error) {
      onDefect(error);
      return outcomeOf('peer_failed', 'a defect of ours');
    }
  };
};

/** Says what other legs are to tell at once in place of one; undefined where nothing is. */
const createStandingIn =
  ({ store, facts }: TellingParts) =>
  async ({ job, incident }: Telling): Promise<Changes | undefined> => {
    if (job.event === 'digest') return digestStandIn(job, facts());
    const now = incident && (await store.incident(incident.id));
    const plan = now && standIn(job, now, facts());
    return plan && changesOf([plan]);
  };

/** Settles what was not tried: it is given back, or a digest tells it. */
const createNotTrying = (parts: TellingParts) => {
  const { store, facts } = parts;
  const standingIn = createStandingIn(parts);
  return {
    /** Its channel is not called now: another leg tells it at once, if there is one, and it waits. */
    hold: (telling: Telling): Promise<void> =>
      withoutConflict(async () => {
        const { claim, job } = telling;
        const changes = await standingIn(telling);
        const settled = { claim, next: { state: 'returned', due: job.due } as const, ...(changes && { changes }) };
        // Asked once, also where each of the others tells it anyway.
        const isAsked = standInsOf(job.target, facts().policy).length > 0;
        await store.settle([isAsked ? { ...settled, stoodIn: true } : settled]);
      }),
    /** A token is set aside for it. */
    delay: async ({ claim }: Telling, wait: Millis): Promise<void> => {
      const due = facts().now + wait;
      await store.settle([{ claim, next: { state: 'returned', due } }]);
    },
    /** There is no token for it. */
    digest: async ({ claim, job, incident }: Telling, every: Millis): Promise<void> => {
      const at = facts();
      const audit = entry('delivery.digested', job.id, at.now, { incident: incident?.id ?? '', channel: job.target });
      const changes = { jobs: [digestJob(job, every, at)], audit: [audit] };
      await store.settle([{ claim, next: { state: 'digested', slot: digestSlot(job.target) }, changes }]);
    },
  };
};

/** Says whether a delivery may go now, by the limit of its channel. */
const createAdmit = ({ store, control, facts }: TellingParts) => {
  const wasTold = async ({ job, incident }: Telling): Promise<boolean> => {
    if (!incident) return false;
    const query = { incident: incident.id, channel: job.target, states: ['done'], limit: 1 } as const;
    return (await store.deliveries(query)).length > 0;
  };
  return async (telling: Telling): Promise<{ readonly wait: Millis } | { readonly digest: Millis } | undefined> => {
    const { job, incident } = telling;
    const limit = facts().policy.channels.get(job.target)?.limit;
    if (!limit) return undefined;
    const applies = limited(job, incident);
    if (!incident || applies === 'never' || (applies === 'unless told' && (await wasTold(telling)))) {
      return void control.spend(job);
    }
    const grant = control.take(job, incident.facts.source);
    if (grant.kind === 'now') return undefined;
    return grant.kind === 'later' ? { wait: grant.wait } : { digest: limit.digestEvery };
  };
};

/**
 * The audit of a delivery that was settled. What its peer gave as proof is told by its SHA-256 in hexadecimal, as `proof`:
 * the delivery has the text itself.
 */
export const settledEntry = (
  job: Job,
  state: string,
  outcome: string,
  { now }: RouteFacts,
  proof?: string,
): NewAuditEntry =>
  entry(`delivery.${state}`, job.id, now, {
    incident: job.incident,
    channel: job.target,
    attempt: job.attempts,
    outcome,
    ...(proof !== undefined && { proof: hash('sha256', proof, 'hex') }),
  });

/** Makes what tells: one attempt, or none where the channel's breaker or limit says so, and one commit. */
export const createTelling = (parts: TellingParts) => {
  const { store, control, facts, ports, onCanary } = parts;
  const attempt = createAttempt(parts);
  const admit = createAdmit(parts);
  const not = createNotTrying(parts);
  const standingIn = createStandingIn(parts);

  const end = async (telling: Telling, outcome: Outcome): Promise<void> => {
    const { claim, job } = telling;
    const next = settle(job, outcome, ports);
    const isHeld = next.state !== 'done' && control.breaker(job.target).state() === 'open';
    const turned = control.breaker(job.target).news();
    const audit = [
      settledEntry(
        ...([job, next.state, outcome.kind === 'done' ? 'done' : outcome.reason, facts()] as const),
        next.state === 'done' ? next.proof : undefined,
      ),
      ...(turned ? [entry(`channel.${turned}`, job.target, facts().now)] : []),
    ];
    await withoutConflict(async () => {
      const other = isHeld || needsFallback(job, outcome, next) ? await standingIn(telling) : undefined;
      const settled = { claim, next, changes: { ...other, audit: [...audit, ...(other?.audit ?? [])] } };
      await store.settle([other ? { ...settled, stoodIn: true } : settled]);
    });
    if (isCanary(job) && (next.state === 'done' || next.state === 'dead')) onCanary(job.target, next.state);
  };

  return async (claim: Claim, { incident, story }: About, signal: AbortSignal): Promise<void> => {
    const telling: Telling = { claim, job: claim.job, incident, story };
    const breaker = control.breaker(claim.job.target);
    if (breaker.state() === 'open') return not.hold(telling);
    const held = await admit(telling);
    if (held) return 'wait' in held ? not.delay(telling, held.wait) : not.digest(telling, held.digest);
    const outcome = await breaker.run(() => attempt(telling, signal));
    return outcome ? end(telling, outcome) : not.hold(telling);
  };
};
