import type { Clock, Job, Millis, Store } from '@therapytrain/alerts-core';
import type { Policy } from '../policy/policy.ts';
import { standInsOf } from '../stages/fallback.ts';
import { type Breaker, type BreakerState, createBreaker } from './breaker.ts';
import { createTokenBucket, type Grant, type TokenBucket } from './token-bucket.ts';

type Bounds = Pick<Parameters<Store['claim']>[0], 'perTarget' | 'except' | 'unaided'>;

/** What keeps channels from being told too much at once, and from being called in vain. In memory only. */
export interface Control {
  /** What may be claimed of each channel now. */
  bounds(): Bounds;
  /** The breaker of a channel. */
  breaker(channel: string): Breaker;
  /** The state of the breaker of each channel of the policy, by name. */
  states(): ReadonlyMap<string, BreakerState>;
  /** Asks for a token of the channel's limit for a delivery of a source; one that was set aside is taken now. */
  take(job: Pick<Job, 'id' | 'target'>, source: string): Grant;
  /** What a first delivery of a source through the channel would be answered; takes no token. */
  look(channel: string, source: string): Grant;
  /** Takes a token for what goes in any case. */
  spend(job: Pick<Job, 'id' | 'target'>): void;
}

/** What control goes by. */
export interface ControlParts {
  readonly policy: () => Policy;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** How many attempts at once through a channel that the policy does not know. */
  readonly perChannel: number;
}

const createLimits = ({ policy, clock }: ControlParts): Pick<Control, 'take' | 'look' | 'spend'> => {
  const buckets = new Map<string, { readonly settings: string; readonly bucket: TokenBucket }>();
  /** Deliveries that a token is set aside for, and until when: one that does not come back must not stay here. */
  const setAside = new Map<string, Millis>();
  const bucketOf = (channel: string): TokenBucket | undefined => {
    const limit = policy().channels.get(channel)?.limit;
    if (!limit) return void buckets.delete(channel);
    const settings = JSON.stringify(limit);
    const known = buckets.get(channel);
    if (known?.settings === settings) return known.bucket;
    const bucket = createTokenBucket({ ...limit, longestWait: limit.digestEvery }, clock.monotonic());
    buckets.set(channel, { settings, bucket });
    return bucket;
  };
  const keep = (job: string, wait: Millis): void => {
    const now = clock.monotonic();
    for (const [id, until] of setAside) if (until < now) setAside.delete(id);
    // It may have to wait for its turn on top.
    setAside.set(job, now + 2 * wait + 3_600_000);
  };
  return {
    take: ({ id, target }, source) => {
      const bucket = bucketOf(target);
      if (!bucket || setAside.delete(id)) return { kind: 'now' };
      const grant = bucket.take(source, clock.monotonic());
      if (grant.kind === 'later') keep(id, grant.wait);
      return grant;
    },
    look: (channel, source) => bucketOf(channel)?.look(source, clock.monotonic()) ?? { kind: 'now' },
    spend: ({ id, target }) => {
      if (!setAside.delete(id)) bucketOf(target)?.spend(clock.monotonic());
    },
  };
};

/** Makes the control of all channels: every breaker closed, every bucket full. */
export const createControl = (parts: ControlParts): Control => {
  const { policy, clock, perChannel } = parts;
  const breakers = new Map<string, Breaker>();
  const breaker = (channel: string): Breaker => {
    const known = breakers.get(channel) ?? createBreaker(clock);
    breakers.set(channel, known);
    return known;
  };
  const stateOf = (name: string): BreakerState => breakers.get(name)?.state() ?? 'closed';
  return {
    ...createLimits(parts),
    breaker,
    states: () => new Map([...policy().channels.keys()].map((name) => [name, stateOf(name)])),
    bounds: () => {
      const { channels } = policy();
      // A channel that has left the policy since may still have deliveries that wait.
      const names = [...new Set([...channels.keys(), ...breakers.keys()])];
      const open = names.filter((name) => stateOf(name) === 'open');
      const of = names.map((name) => {
        const most = channels.get(name)?.concurrency ?? perChannel;
        // One attempt shows whether the peer is well again.
        return [name, stateOf(name) === 'half-open' ? 1 : most] as const;
      });
      return {
        perTarget: { default: perChannel, of: Object.fromEntries(of) },
        // Nothing is to be done about what waits for an open channel, but to find another leg for it, once.
        except: open.filter((name) => standInsOf(name, policy()).length === 0),
        unaided: open.filter((name) => standInsOf(name, policy()).length > 0),
      };
    },
  };
};
