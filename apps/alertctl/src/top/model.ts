import {
  type AlertClient,
  type ChannelStatus,
  type GatewayStatus,
  type ListedAccount,
  type ListedIncident,
} from '@therapytrain/alerts-client';
import { type AlertSeverity, type Clock, type Instant, type Millis, severities } from '@therapytrain/alerts-core';

/** Reports of each kind in a second. */
export type Rates = { readonly [Kind in keyof GatewayStatus['reports']]: number };

/** How a channel is doing, by what became of what it was to tell. */
export interface ChannelHealth extends ListedAccount {
  /** Undefined for one that is not in the policy any more, and of a gateway that does not say it. */
  readonly breaker: ChannelStatus['breaker'];
  /** How long ago its last canary was delivered; undefined where it has none. */
  readonly canaryAge: Millis | undefined;
  readonly health:
    | { readonly kind: 'well' }
    /** Something waits, and something was delivered lately. */
    | { readonly kind: 'busy' }
    /** Something waits, and nothing was delivered for so long as this view is open, or since then. */
    | { readonly kind: 'stuck'; readonly for: Millis }
    /** So many pairs were given up since this view was opened. */
    | { readonly kind: 'failing'; readonly more: number };
}

/** One picture of a gateway. */
export interface Frame {
  readonly at: Instant;
  readonly status: GatewayStatus;
  /** Undefined in the first frame: a rate is of two. */
  readonly rates: Rates | undefined;
  readonly channels: readonly ChannelHealth[];
  /** Incidents that are not over: the most severe first, of these the one opened last. */
  readonly incidents: readonly ListedIncident[];
  readonly open: ReadonlyMap<AlertSeverity, number>;
  readonly acknowledged: number;
  /** Open, and nobody has acknowledged them in time. */
  readonly overdue: number;
}

const second = 1_000;
/** A channel for which something waits is given this long before it is called stuck. */
const patience: Millis = 30 * second;

const ratesOf = (before: GatewayStatus | undefined, now: GatewayStatus): Rates | undefined => {
  // Another process has counters of its own.
  if (!before || before.startedAt !== now.startedAt) return undefined;
  const seconds = (now.serverTime - before.serverTime) / second;
  if (seconds <= 0) return undefined;
  const rate = (kind: keyof Rates): number => Math.max(0, now.reports[kind] - before.reports[kind]) / seconds;
  return { kept: rate('kept'), duplicate: rate('duplicate'), refused: rate('refused'), shed: rate('shed') };
};

interface Known {
  readonly delivered: number;
  readonly dead: number;
  readonly movedAt: Millis;
}

const noAccount = { accepted: 0, delivered: 0, suppressed: 0, digested: 0, dead: 0, pending: 0, balanced: true };

/** The accounts, and those of channels of the policy for which nothing was counted yet. */
const allOf = (accounts: readonly ListedAccount[], channels: readonly ChannelStatus[]): readonly ListedAccount[] => {
  const counted = new Set(accounts.map(({ channel }) => channel));
  return [...accounts, ...channels.flatMap(({ channel }) => (counted.has(channel) ? [] : [{ channel, ...noAccount }]))];
};

const unsaid = { breaker: undefined, canaryAge: undefined };

// As `incidents list --overdue` has it, by the gateway's clock.
const isOverdue = ({ state, acknowledgeBy }: ListedIncident, { serverTime }: GatewayStatus): boolean =>
  state === 'OPEN' && acknowledgeBy !== undefined && acknowledgeBy <= serverTime;

type Judgement = ListedAccount & Pick<ChannelHealth, 'health'>;

/** Makes the judgement of channels: it remembers when each was seen to deliver, and what was dead at first. */
const createJudge = (clock: Pick<Clock, 'monotonic'>) => {
  const known = new Map<string, Known>();
  return (account: ListedAccount): Judgement => {
    const now = clock.monotonic();
    const before = known.get(account.channel);
    const moved = !before || account.delivered > before.delivered || account.pending === 0;
    const seen: Known = {
      delivered: account.delivered,
      dead: before ? Math.min(before.dead, account.dead) : account.dead,
      movedAt: moved ? now : before.movedAt,
    };
    known.set(account.channel, seen);
    const more = account.dead - seen.dead;
    const still = now - seen.movedAt;
    if (more > 0) return { ...account, health: { kind: 'failing', more } };
    if (account.pending > 0 && still >= patience) return { ...account, health: { kind: 'stuck', for: still } };
    return { ...account, health: { kind: account.pending > 0 ? 'busy' : 'well' } };
  };
};

// However much noise there is, what is worst is not pushed off the screen.
const worstFirst = (one: ListedIncident, other: ListedIncident): number =>
  other.severity - one.severity || (one.id < other.id ? 1 : -1);

/** Follows a gateway, and makes pictures of it. */
export interface Model {
  /** Follows incidents until the signal is aborted. Rejects with what waiting cannot mend. */
  follow(signal: AbortSignal): Promise<void>;
  /** Resolves when all incidents that there are have been told once. */
  readonly settled: Promise<void>;
  /** Asks the gateway how it is now. */
  look(): Promise<Frame>;
}

/** Makes one. */
export const createModel = (client: AlertClient, clock: Clock): Model => {
  const incidents = new Map<string, ListedIncident>();
  const judge = createJudge(clock);
  let before: GatewayStatus | undefined;
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => (settle = resolve));
  return {
    settled,
    follow: async (signal) => {
      for await (const event of client.incidents.stream({ signal })) {
        if (event.kind === 'settled') settle();
        else if (event.incident.state === 'RESOLVED') incidents.delete(event.incident.id);
        else incidents.set(event.incident.id, event.incident);
      }
    },
    look: async () => {
      const [status, accounts] = await Promise.all([client.status(), client.accounting()]);
      const rates = ratesOf(before, status);
      before = status;
      const told = status.planning?.channels ?? [];
      const all = [...incidents.values()].sort(worstFirst);
      const open = all.filter(({ state }) => state === 'OPEN');
      return {
        at: clock.now(),
        status,
        rates,
        channels: allOf(accounts, told).map((account) => {
          const { breaker, canaryAge } = told.find(({ channel }) => channel === account.channel) ?? unsaid;
          return { ...judge(account), breaker, canaryAge };
        }),
        incidents: all,
        open: new Map(severities.map((each) => [each, open.filter(({ severity }) => severity === each).length])),
        acknowledged: all.length - open.length,
        overdue: all.filter((each) => isOverdue(each, status)).length,
      };
    },
  };
};
