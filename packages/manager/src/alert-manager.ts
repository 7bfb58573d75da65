import {
  type Alert,
  type AlertDraft,
  AlertError,
  type AlertLog,
  type AlertSeverity,
  type AlertType,
  type AlertTypes,
  type Clock,
  createAlertTypes,
  createIds,
  decodeAlert,
  drafts,
  type Metadata,
  type MetadataValue,
  type Millis,
  type Random,
  type Receipt,
  severityName,
  sourcePattern,
  systemClock,
  systemRandom,
} from '@therapytrain/alerts-core';
import {
  type AlertHandler,
  createHandling,
  type HandledAlert,
  type Handling,
  type HandlerFailure,
  type HandlerStats,
} from './handlers.ts';
import { createMemoryLog } from './memory-log.ts';
import { accept, type AcceptFacts } from './stages/accept.ts';

/** Where a manager may report to in place of a log of its own: the client of a gateway is one. */
export interface AlertReporter {
  /** Resolves when the alert is durable: at the gateway, or in the spool of the client. */
  report(draft: AlertDraft): Promise<Receipt | { readonly spooled: true; readonly requestId: string }>;
}

/** How the manager of a process is set up. All are optional. */
export interface AlertManagerOptions {
  /** Where alerts are kept. Default: in memory, for as long as the process lives. */
  readonly log?: AlertLog;
  /** A gateway's client to report to instead. Not both. */
  readonly client?: AlertReporter;
  /** Who the alerts of this process are from, where they are kept in a log. Default `local`. */
  readonly source?: string;
  /** The alert types of the deployment. Default: the built-in ones. */
  readonly types?: AlertTypes;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How long one handler may take for one alert, in milliseconds. Default 30,000. */
  readonly handlerDeadline?: Millis;
  /** How many alerts are handled at once. Default 16. */
  readonly handlerConcurrency?: number;
  /** How many alerts may wait for their handlers. Default 10,000. */
  readonly handlerBacklog?: number;
  /** Told of each failure of a handler. Default: one line of JSON on the standard error stream. */
  readonly onHandlerFailure?: (failure: HandlerFailure) => void;
}

const localSource = 'local';

// What we say of ourselves may be logged; the text of anybody else's error may hold what the alert says.
const said = (error: unknown): object => {
  if (error instanceof AlertError) return { code: error.code, message: error.message };
  if (error instanceof AggregateError) return { errors: error.errors.map(said) };
  return error instanceof Error ? { error: error.name } : {};
};

const logFailure = ({ error, severity, ...failure }: HandlerFailure): void => {
  const line = { level: 'error', msg: 'alert handler failure', severity: severityName(severity), ...failure };
  process.stderr.write(`${JSON.stringify({ ...line, ...said(error) })}\n`);
};

/**
 * The alert handling of a process: keeps each alert, then tells the registered handlers. One instance serves the whole
 * process; set it up with {@link AlertManager.configure} before the first alert, or leave the defaults.
 */
export class AlertManager {
  static #instance: AlertManager | undefined;

  readonly #types: AlertTypes;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #source: string;
  readonly #keep: (draft: AlertDraft) => Promise<HandledAlert>;
  readonly #handling: Handling;

  private constructor(options: AlertManagerOptions) {
    this.#types = options.types ?? createAlertTypes();
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#source = options.source ?? localSource;
    this.#keep = options.client ? this.#reportTo(options.client) : this.#keepIn(options.log ?? createMemoryLog());
    this.#handling = createHandling({
      clock: this.#clock,
      deadline: options.handlerDeadline ?? 30_000,
      concurrency: options.handlerConcurrency ?? 16,
      capacity: options.handlerBacklog ?? 10_000,
      onFailure: options.onHandlerFailure ?? logFailure,
    });
  }

  /** The one manager of the process. */
  static getInstance(): AlertManager {
    return (AlertManager.#instance ??= new AlertManager({}));
  }

  /**
   * Sets up the manager of the process, before anything asked for it. Throws `NOT_CONFIGURED` if there is one already
   * (handlers registered with it would be forgotten in silence), or if both a log and a client are given, and
   * `SOURCE_INVALID` if the source is not 1 to 64 of a-z, 0-9, `.`, `_` and `-`.
   */
  static configure(options: AlertManagerOptions): AlertManager {
    if (AlertManager.#instance) {
      throw new AlertError('NOT_CONFIGURED', 'the alert manager is in use; configure it first, or reset it');
    }
    if (options.log && options.client) {
      throw new AlertError('NOT_CONFIGURED', 'the alert manager takes a log or a client, not both');
    }
    if (!sourcePattern.test(options.source ?? localSource)) {
      throw new AlertError('SOURCE_INVALID', 'the source is not 1 to 64 of a-z, 0-9, ".", "_" and "-"');
    }
    return (AlertManager.#instance = new AlertManager(options));
  }

  /** Forgets the manager of the process and its handlers, so that a test begins anew. Closes nothing it was given. */
  static reset(): void {
    AlertManager.#instance = undefined;
  }

  /**
   * Keeps an alert and hands it to the handlers. Resolves with the alert once it is kept; handlers have been called by
   * then, unless there is a backlog, and are not waited for (see {@link idle}). Rejects with an {@link AlertError}
   * when the alert breaks a rule or cannot be kept.
   */
  createAlert(
    type: AlertType,
    severity: AlertSeverity,
    message: string,
    metadata: Metadata = {},
  ): Promise<HandledAlert> {
    return this.#create({ type, severity, message, metadata });
  }

  /** From now on the handler is told of every alert. */
  registerHandler(handler: AlertHandler): void {
    this.#handling.register(handler);
  }

  /** A failed login: AUTH_FAILURE, HIGH. */
  handleAuthFailure(userId: string, ipAddress: string): Promise<HandledAlert> {
    return this.#create(drafts.authFailure(userId, ipAddress));
  }

  /** Somebody at something in an odd way: UNUSUAL_ACCESS, MEDIUM. */
  handleUnusualAccess(userId: string, resource: string, reason: string): Promise<HandledAlert> {
    return this.#create(drafts.unusualAccess(userId, resource, reason));
  }

  /** Too many requests from one address: RATE_LIMIT_BREACH, HIGH. */
  handleRateLimitBreach(ipAddress: string, endpoint: string, requestCount: number): Promise<HandledAlert> {
    return this.#create(drafts.rateLimitBreach(ipAddress, endpoint, requestCount));
  }

  /** A rule about data was broken: DATA_VIOLATION, HIGH. */
  handleDataViolation(userId: string, resource: string, operation: string): Promise<HandledAlert> {
    return this.#create(drafts.dataViolation(userId, resource, operation));
  }

  /** A component is well or unwell: SYSTEM_HEALTH, with the severity of the status (see `drafts.systemHealth`). */
  handleSystemHealth(
    component: string,
    status: string,
    details: Readonly<Record<string, MetadataValue>> = {},
  ): Promise<HandledAlert> {
    return this.#create(drafts.systemHealth(component, status, details));
  }

  /** Resolves when every handler of every alert so far has ended or run out of time. */
  idle(): Promise<void> {
    return this.#handling.idle();
  }

  /** What became of the alerts that were handed to handlers. */
  stats(): HandlerStats {
    return this.#handling.stats();
  }

  async #create(draft: AlertDraft): Promise<HandledAlert> {
    const alert = await this.#keep(draft);
    this.#handling.hand(alert);
    return alert;
  }

  #facts(newestId?: string): AcceptFacts {
    const ids = createIds(this.#clock, this.#random, newestId);
    return { types: this.#types, ports: { clock: this.#clock, ids } };
  }

  #keepIn(log: AlertLog) {
    const facts = this.#facts(log.bounds().newestId);
    return async (draft: AlertDraft): Promise<HandledAlert> => {
      const stamped = accept(draft, this.#source, facts);
      const [result] = await log.append([stamped]);
      if (!result || result instanceof AlertError) throw result ?? new AlertError('DEFECT', 'the log gave no result');
      return handled({ ...decodeAlert(stamped.encoded), sequence: result.sequence });
    };
  }

  #reportTo(client: AlertReporter) {
    const facts = this.#facts();
    return async (draft: AlertDraft): Promise<HandledAlert> => {
      const alert = decodeAlert(accept(draft, this.#source, facts).encoded);
      // The time it happened travels with the report: a spooled one arrives later.
      const result = await client.report({ ...draft, metadata: alert.metadata, occurredAt: alert.occurredAt });
      if ('spooled' in result) return handled({ ...alert, id: result.requestId });
      return handled({ ...alert, id: result.alertId, sequence: result.sequence });
    };
  }
}

// What is handled is decoded from what was kept, so that a caller may go on changing the metadata that it gave.
const handled = (alert: Alert): HandledAlert => ({ ...alert, timestamp: new Date(alert.occurredAt) });
