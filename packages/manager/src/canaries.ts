import type { AlertDraft, Delivery, Ids, Instant, Millis, Store } from '@therapytrain/alerts-core';
import type { Policy } from './policy/policy.ts';
import {
  canaryAlert,
  canaryJob,
  canaryKey,
  canaryRequest,
  gatewaySource,
  isCanary,
  missedAfter,
} from './stages/canary.ts';
import { dedupKeyOf } from './stages/group.ts';
import { entry } from './stages/route.ts';

/** What watching canaries is made of. */
export interface CanariesParts {
  readonly store: Pick<Store, 'commit' | 'deliveries' | 'incidentsOf'>;
  readonly policy: () => Policy;
  readonly clock: { now(): Instant };
  readonly ids: Ids;
  /** Reports as the gateway itself. */
  readonly report: (draft: AlertDraft, source: string) => Promise<unknown>;
}

/** Sends canaries through channels, and finds out where none arrives. */
export interface Canaries {
  /** Plans the canaries that are due, and reports what has changed. Asked often; does little where there is nothing. */
  upkeep(): Promise<void>;
  /** A canary of the channel was delivered, or is dead. */
  settled(channel: string, end: 'done' | 'dead'): void;
  /** How long ago the last canary of each channel was delivered, or the first one planned where none ever was. */
  ages(): ReadonlyMap<string, Millis>;
}

interface Watched {
  /** When the last one was delivered; where none was, when it was first waited for. */
  readonly since: Instant;
  /** True where the newest one is dead. */
  readonly dead: boolean;
}

const page = 200;

const isDone = ({ state }: Delivery): boolean => state === 'done';

/** What the store knows of the canaries of a channel. */
const recalled = async (channel: string, { store, clock }: CanariesParts): Promise<Watched> => {
  let newest: Delivery | undefined;
  let since: Instant = clock.now();
  for (let before: string | undefined; ;) {
    const found = await store.deliveries({
      incident: '',
      channel,
      limit: page,
      ...(before !== undefined && { before }),
    });
    for (const each of found.filter(isCanary)) {
      newest ??= each.settledAt === undefined ? undefined : each;
      since = isDone(each) ? (each.settledAt ?? each.createdAt) : Math.min(since, each.createdAt);
      if (isDone(each)) return { since, dead: newest?.state === 'dead' };
    }
    before = found.at(-1)?.id;
    if (found.length < page) return { since, dead: newest?.state === 'dead' };
  }
};

/** Makes what watches canaries. */
export const createCanaries = (parts: CanariesParts): Canaries => {
  const { store, policy, clock, ids, report } = parts;
  const planned = new Map<string, string>();
  const watched = new Map<string, Watched>();
  const missed = new Map<string, boolean>();

  const plan = async (channel: string, every: Millis): Promise<void> => {
    const now = clock.now();
    const request = canaryRequest(channel, every, now);
    if (planned.get(channel) === request) return;
    const job = canaryJob(channel, { policy: policy(), now, ids });
    await store.commit({ jobs: [job], audit: [entry('canary.planned', job.id, now, { channel })], request });
    planned.set(channel, request);
  };
  const isReported = async (channel: string): Promise<boolean> => {
    const key = dedupKeyOf('SYSTEM_HEALTH', gatewaySource, canaryKey(channel));
    const [incident] = await store.incidentsOf([key], Number.MAX_SAFE_INTEGER);
    return incident !== undefined;
  };
  const watch = async (channel: string, every: Millis): Promise<void> => {
    const { since, dead } = watched.get(channel) ?? (await recalled(channel, parts));
    // What was learnt while the store was asked is newer.
    if (!watched.has(channel)) watched.set(channel, { since, dead });
    const isMissed = dead || clock.now() - since > missedAfter * every;
    const known = missed.get(channel) ?? (await isReported(channel));
    if (isMissed !== known) await report(canaryAlert(channel, isMissed), gatewaySource);
    missed.set(channel, isMissed);
  };
  return {
    upkeep: async () => {
      for (const { name, canaryEvery } of policy().channels.values()) {
        if (canaryEvery === undefined) continue;
        await plan(name, canaryEvery);
        await watch(name, canaryEvery);
      }
    },
    settled: (channel, end) => {
      const now = clock.now();
      const since = watched.get(channel)?.since ?? now;
      watched.set(channel, end === 'done' ? { since: now, dead: false } : { since, dead: true });
    },
    ages: () => {
      const now = clock.now();
      const channels = [...policy().channels.values()].filter(({ canaryEvery }) => canaryEvery !== undefined);
      return new Map(
        channels.flatMap(({ name }) => {
          const since = watched.get(name)?.since;
          return since === undefined ? [] : [[name, Math.max(0, now - since)] as const];
        }),
      );
    },
  };
};
