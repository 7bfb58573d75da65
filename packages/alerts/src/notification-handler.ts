import {
  AlertError,
  type AlertTypes,
  type Backoff,
  createBackoff,
  type Millis,
  type Ports,
  spread,
  systemPorts,
} from '@therapytrain/alerts-core';
import { type OpenChannel, type Outcome, randomPseudonymKey, type Secret } from '@therapytrain/alerts-core/channel';
import type { AlertHandler, HandledAlert } from '@therapytrain/alerts-manager';
import { type NotificationConfig, openChannels } from './notification-config.ts';

/** How notices are sent. All are optional. */
export interface NotificationOptions {
  /** What is personal, by type. Default: the built-in types; a metadata key that no type declares counts as HEALTH. */
  readonly types?: AlertTypes;
  /** At least 32 bytes, kept for ever, so that pseudonyms stay the same. Default: a random one for this process. */
  readonly pseudonymKey?: Secret | string;
  /** How often a notice is tried on a channel, the first time included. Default: 5. */
  readonly attempts?: number;
  /** The wait before the second try, in milliseconds; it doubles from try to try. Default: 1,000. */
  readonly initialDelay?: Millis;
  /** The longest wait, in milliseconds. A peer that asks for longer is given up. Default: 30,000. */
  readonly maxDelay?: Millis;
  /** Default: the machine's clock and chance. */
  readonly ports?: Ports;
}

interface Trying {
  readonly attempts: number;
  readonly maxDelay: Millis;
  readonly backoff: Backoff;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

type Failed = Exclude<Outcome, { readonly kind: 'done' }>;

/** How long to wait before the next try; undefined where there is none. */
const waitAfter = (outcome: Failed, number: number, trying: Trying): Millis | undefined => {
  if (outcome.kind === 'reject' || outcome.kind === 'misconfigured' || number >= trying.attempts) return undefined;
  const asked = outcome.kind === 'retry' ? outcome.after : undefined;
  if (asked === undefined) return trying.backoff(number);
  return asked <= trying.maxDelay ? spread(asked, trying.ports.random) : undefined;
};

const deliver = async (kind: string, channel: OpenChannel, alert: HandledAlert, trying: Trying): Promise<Outcome> => {
  const { clock } = trying.ports;
  const story = { event: 'alert', at: clock.now(), alerts: [alert] } as const;
  let doubtful = false;
  let progress: string | undefined;
  for (let number = 1; ; number++) {
    const again = { number, doubtful, ...(progress !== undefined && { progress }) };
    const outcome = await channel.send(story, { key: `${alert.id}.${kind}`, signal: trying.signal, ...again });
    if (outcome.kind === 'done') return outcome;
    const wait = trying.signal.aborted ? undefined : waitAfter(outcome, number, trying);
    if (wait === undefined) return outcome;
    doubtful ||= outcome.kind === 'ambiguous';
    if ('progress' in outcome) progress = outcome.progress ?? progress;
    await clock.sleep(wait, trying.signal).catch(() => undefined);
  }
};

const failure = (kind: string, outcome: Failed): AlertError => {
  const doubt = outcome.kind === 'ambiguous' ? '; it may have arrived' : '';
  const message = `${kind}: ${outcome.reason} (${outcome.detail})${doubt}`;
  return new AlertError('NOTIFICATION_FAILED', message, { facts: { channel: kind, reason: outcome.reason } });
};

/**
 * Tells people of every alert, by e-mail, webhook and Slack, with personal data kept in: what is above a channel's
 * clearance (INTERNAL, unless its options raise it) is a pseudonym or left out. Register it with the `AlertManager`.
 * Notices wait in memory for their tries and are lost with the process; the alert gateway keeps them.
 */
export class NotificationHandler implements AlertHandler {
  readonly #channels: ReadonlyMap<string, OpenChannel>;
  readonly #trying: Trying;
  readonly #closing = new AbortController();
  readonly #busy = new Set<Promise<unknown>>();

  /** Throws `FIELD_INVALID` that names each option and environment variable at fault. Nothing is connected yet. */
  constructor(config: NotificationConfig, options: NotificationOptions = {}) {
    const { ports = systemPorts(), types, attempts = 5, initialDelay = 1_000, maxDelay = 30_000 } = options;
    // One key for all channels, so that somebody has the same pseudonym in a mail and on Slack.
    const pseudonymKey = options.pseudonymKey ?? randomPseudonymKey(ports.random);
    this.#channels = openChannels(config, { ports, pseudonymKey, ...(types && { types }) });
    const backoff = createBackoff({ initialDelay, maxDelay }, ports.random);
    this.#trying = { attempts, maxDelay, backoff, ports, signal: this.#closing.signal };
  }

  /**
   * Tries every channel, all at once. Resolves when each has taken the notice. Rejects, when all have ended, with an
   * `AggregateError` of one `NOTIFICATION_FAILED` for each channel that has not; none of them holds anything of the
   * alert. With all its tries a channel may take longer than the manager's handler deadline: the manager then counts a
   * timeout, and the tries go on.
   */
  async handleAlert(alert: HandledAlert): Promise<void> {
    if (this.#closing.signal.aborted) throw new AlertError('CLOSED', 'the notification handler is closed');
    const work = this.#tell(alert);
    this.#busy.add(work);
    try {
      await work;
    } finally {
      this.#busy.delete(work);
    }
  }

  /** Proves each channel's address and credentials without telling anybody anything; by channel. */
  async check(): Promise<Readonly<Record<string, Outcome>>> {
    const checks = [...this.#channels].map(async ([kind, channel]) => [kind, await channel.check()] as const);
    return Object.fromEntries(await Promise.all(checks));
  }

  /** Gives up what is still tried, waits until it has ended, and lets go of all connections. May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#busy);
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  async #tell(alert: HandledAlert): Promise<void> {
    const told = [...this.#channels].map(async ([kind, channel]) => {
      const outcome = await deliver(kind, channel, alert, this.#trying);
      return outcome.kind === 'done' ? undefined : failure(kind, outcome);
    });
    const failures = (await Promise.all(told)).filter((each) => each !== undefined);
    if (failures.length === 0) return;
    throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  }
}
