import {
  AlertError,
  type AlertErrorCode,
  type Clock,
  type Instant,
  type NewAuditEntry,
} from '@therapytrain/alerts-core';
import {
  type Policy,
  type PolicyChange,
  policyDifference,
  type PolicyFault,
  type PolicyReading,
  policyText,
} from '@therapytrain/alerts-manager';
import type { Logger, PolicyCause, PolicyMetrics } from '@therapytrain/alerts-telemetry';
import type { Prepared } from './in-force.ts';
import { faultLine, type LoadedPolicy, type PolicyFileReading, readForeignPolicy } from './policy-file.ts';
import { changedEntries, refusedEntry } from './policy-audit.ts';

/** An attempt to change the policy that was refused. */
export interface RefusedPolicy {
  readonly at: Instant;
  readonly code: AlertErrorCode;
  /** Without a value. */
  readonly message: string;
  readonly faults: readonly PolicyFault[];
  /** Of the policy that was refused; empty where its file has faults. */
  readonly version: string;
  readonly changes: readonly PolicyChange[];
}

/** The policy in force, for people. */
export interface PolicyState {
  readonly version: string;
  readonly loadedAt: Instant;
  /** Undefined for the built-in one. */
  readonly file: string | undefined;
  /** In YAML, without comments, secrets as references. */
  readonly text: string;
  /** The last attempt, where it was refused and nothing was put in force since. */
  readonly refused: RefusedPolicy | undefined;
}

/** How the policy is to be read again. */
export interface Reload {
  readonly cause: Exclude<PolicyCause, 'start'>;
  /** Who wants it: a principal, or `gateway`. */
  readonly by: string;
  /** The version that the file must have. */
  readonly expected?: string;
  readonly acceptLostCoverage?: boolean;
  /** Everything is checked and told, and nothing is put in force or noted. */
  readonly dryRun?: boolean;
  /** The caller's id of this change: once it has put something in force, or found nothing to, it does not again. */
  readonly request?: string;
}

/** What a reload put in force, or would. */
export interface Reloaded {
  readonly version: string;
  readonly before: string;
  readonly changes: readonly PolicyChange[];
  readonly lints: readonly PolicyFault[];
}

/** The one place that changes which policy is in force. */
export interface PolicyInForce {
  policy(): Policy;
  state(): PolicyState;
  /**
   * Reads the file again and puts it in force, all of it or nothing; one reload at a time. Rejects with `POLICY_INVALID`,
   * `COVERAGE_LOST`, `CONFLICT`, `NOT_CONFIGURED` or what the store says, and then everything is as it was.
   */
  reload(reload: Reload): Promise<Reloaded>;
  /** Looks at a policy that somebody sent, and what it would do otherwise. */
  check(text: string): PolicyReading & { readonly changes: readonly PolicyChange[] };
}

/** What it is made of. */
export interface PolicyInForceParts {
  readonly file: string | undefined;
  /** What the gateway began with; it is in force already. */
  readonly first: LoadedPolicy;
  /** Reads the file. Throws `POLICY_INVALID` where it cannot be read. */
  readonly read: (file: string) => PolicyFileReading;
  readonly policy: () => Policy;
  /** Builds all that a policy needs; see `FollowUp.prepare`. */
  readonly prepare: (policy: Policy) => Prepared;
  /** Writes the audit, with the request that it belongs to. Resolves when it is durable. */
  readonly record: (audit: readonly NewAuditEntry[], request?: string) => Promise<void>;
  /** True where a request was recorded. */
  readonly applied: (request: string) => Promise<boolean>;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: PolicyMetrics;
  readonly logger: Logger;
}

/** Why a policy is not taken, and what was found. */
interface Refusal {
  readonly error: AlertError;
  readonly found: Pick<RefusedPolicy, 'faults' | 'version' | 'changes'>;
}

const nothing: Refusal['found'] = { faults: [], version: '', changes: [] };

const refusal = (code: AlertErrorCode, message: string, found: Partial<Refusal['found']>): Refusal => ({
  error: new AlertError(code, message),
  found: { ...nothing, ...found },
});

const withoutFile = (): AlertError =>
  new AlertError('NOT_CONFIGURED', 'the gateway was started without a policy file', { facts: { needs: 'policy' } });

const shown = 3;

const invalid = (file: string, faults: readonly PolicyFault[]): Refusal => {
  const lines = faults.slice(0, shown).map((each) => faultLine({ ...each, hint: '' }));
  const more = faults.length > shown ? ` (and ${faults.length - shown} more)` : '';
  return refusal('POLICY_INVALID', `the policy ${file} is not valid: ${lines.join('; ')}${more}`, { faults });
};

const lossy = (changes: readonly PolicyChange[], version: string): Refusal => {
  const lost = changes.filter(({ kind }) => kind === 'lost');
  const more = lost.length > 1 ? ` (and ${lost.length - 1} more)` : '';
  const what = `${lost[0]?.text ?? ''}${more}`;
  return refusal('COVERAGE_LOST', `the new policy tells fewer: ${what}`, { version, changes });
};

/** What a file says, as far as it may be put in force. */
interface Candidate extends Reloaded {
  readonly policy: Policy;
  readonly text: string;
}

const candidateOf = (
  file: string,
  { policy, faults, lints, text }: PolicyFileReading,
  before: Policy,
  { expected, acceptLostCoverage = false, dryRun = false }: Reload,
): Candidate | Refusal => {
  if (!policy) return invalid(file, faults);
  const { version } = policy;
  if (expected !== undefined && expected !== version) {
    throw new AlertError('CONFLICT', 'the policy file is not the version that was expected');
  }
  const changes = policyDifference(before, policy);
  if (!acceptLostCoverage && !dryRun && changes.some(({ kind }) => kind === 'lost')) return lossy(changes, version);
  return { policy, text, version, before: before.version, changes, lints };
};

const createTelling = ({ logger, metrics, clock }: Pick<PolicyInForceParts, 'logger' | 'metrics' | 'clock'>) => ({
  taken: ({ version, changes, lints }: Reloaded, { cause }: Reload): void => {
    for (const { kind, text } of changes) {
      const tell = kind === 'lost' || kind === 'doubtful' ? logger.warn : logger.info;
      tell({ reason: `${kind}: ${text}`, version }, 'the new policy');
    }
    for (const lint of lints) logger.warn({ reason: faultLine(lint), version }, 'the policy');
    logger.info({ version, reason: cause }, 'the policy was read again and is in force');
    metrics.reloaded(cause, 'in_force');
  },
  refused: ({ error, found }: Refusal, { cause }: Reload): RefusedPolicy => {
    for (const fault of found.faults) logger.error({ reason: faultLine(fault) }, 'a fault of the policy file');
    for (const { text } of found.changes.filter(({ kind }) => kind === 'lost')) {
      logger.error({ reason: text, version: found.version }, 'coverage that would be lost');
    }
    const accept = 'alertctl policy reload --accept-lost-coverage';
    const reason = error.code === 'COVERAGE_LOST' ? `to accept it: ${accept}` : error.message;
    logger.error({ code: error.code, reason }, 'the policy was read again and is not in force');
    metrics.reloaded(cause, 'refused', error.code);
    return { at: clock.now(), code: error.code, message: error.message, ...found };
  },
});

const requestOf = ({ by, request }: Reload): string | undefined =>
  request === undefined ? undefined : `${by} policy ${request}`;

const createReload = (parts: PolicyInForceParts, state: { loaded: LoadedPolicy & { at: Instant } }) => {
  const { file, clock, logger } = parts;
  const telling = createTelling(parts);
  let refused: RefusedPolicy | undefined;
  const put = async (next: Candidate, reload: Reload): Promise<void> => {
    const prepared = parts.prepare(next.policy);
    const isNew = next.version !== next.before || prepared.differ;
    try {
      // The audit first: once it is durable nothing is left that could fail.
      const request = requestOf(reload);
      const audit = isNew ? changedEntries(next, reload, clock.now()) : [];
      if (isNew || request !== undefined) await parts.record(audit, request);
    } catch (error) {
      await prepared.drop();
      throw error;
    }
    prepared.use();
    refused = undefined;
    if (!isNew) return parts.metrics.reloaded(reload.cause, 'unchanged');
    state.loaded = { policy: next.policy, text: next.text, at: clock.now() };
    telling.taken(next, reload);
  };
  const refuse = async (why: Refusal, reload: Reload): Promise<void> => {
    refused = telling.refused(why, reload);
    await parts
      .record([refusedEntry(refused, reload)])
      .catch((err: unknown) => logger.error({ err }, 'the audit does not say that a policy was refused'));
  };
  // Who has not heard the answer asks again, and is told what is in force now.
  const repeated = async (reload: Reload): Promise<Reloaded | undefined> => {
    const request = requestOf(reload);
    if (request === undefined || reload.dryRun || !(await parts.applied(request))) return undefined;
    const { version } = parts.policy();
    return { version, before: version, changes: [], lints: [] };
  };
  const attempt = async (from: string, reload: Reload): Promise<Reloaded | Refusal> => {
    try {
      const known = await repeated(reload);
      if (known) return known;
      const next = candidateOf(from, parts.read(from), parts.policy(), reload);
      if ('error' in next) return next;
      if (!reload.dryRun) await put(next, reload);
      const { version, before, changes, lints } = next;
      return { version, before, changes, lints };
    } catch (error) {
      if (!(error instanceof AlertError)) throw error;
      return { error, found: nothing };
    }
  };
  return {
    refused: () => refused,
    once: async (reload: Reload): Promise<Reloaded> => {
      if (file === undefined) throw withoutFile();
      const ended = await attempt(file, reload);
      if (!('error' in ended)) return ended;
      // Who expected another version made no attempt to change this one.
      if (!reload.dryRun && ended.error.code !== 'CONFLICT') await refuse(ended, reload);
      throw ended.error;
    },
  };
};

/** Makes the place that changes which policy is in force. */
export const createPolicyInForce = (parts: PolicyInForceParts): PolicyInForce => {
  const { file, first, policy, clock, metrics } = parts;
  const state = { loaded: { ...first, at: clock.now() } };
  const { once, refused } = createReload(parts, state);
  let last: Promise<unknown> = Promise.resolve();
  metrics.watch(() => ({
    version: policy().version,
    loadedAt: state.loaded.at,
    successful: refused() === undefined,
  }));
  metrics.reloaded('start', 'in_force');
  return {
    policy,
    state: () => ({
      version: policy().version,
      loadedAt: state.loaded.at,
      file,
      text: policyText(state.loaded.text),
      refused: refused(),
    }),
    reload: (reload) => {
      const turn = last.then(() => once(reload));
      last = turn.catch(() => undefined);
      return turn;
    },
    check: (text) => {
      const reading = readForeignPolicy(text);
      return { ...reading, changes: reading.policy ? policyDifference(policy(), reading.policy) : [] };
    },
  };
};
