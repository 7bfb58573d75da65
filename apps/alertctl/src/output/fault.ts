import { NotGenuine } from '@therapytrain/alerts-audit-verifier';
import { AlertError, type AlertErrorCode, type FieldViolation } from '@therapytrain/alerts-core';
import { ExitCode } from '../exit-code.ts';

/** The command line is wrong in a way that only running it shows: a file that is not there, say. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'there is no space left',
};

/** Why the system refused something with a file, in words. */
export const reasonOf = (error: unknown): string => {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  return systemReasons[code] ?? (code || message);
};

/** Why a command failed, for a person and for a program. */
export interface Fault {
  /** A code of the gateway's closed list; `USAGE` or `DEFECT` where the fault is not the gateway's to name. */
  readonly code: AlertErrorCode | 'USAGE';
  readonly message: string;
  readonly violations: readonly FieldViolation[];
  /** What to do next, in whole sentences; empty where there is nothing to say. */
  readonly next: string;
  /** Of a report that may have been kept all the same. */
  readonly requestId?: string | undefined;
  readonly exitCode: ExitCode;
}

const start = (address: string): string =>
  `Start it (npm start, or alert-gateway --listen ${address}), or name another with --address.`;

// What the gateway says of itself comes with a fact; without one it is the client that refuses.
const notConfigured = (facts: AlertError['facts']): string => {
  if (facts['needs'] === 'policy') return 'Start it with --policy FILE.';
  if (facts['needs'] === 'responses') return 'Start it with a policy that has playbooks (--policy).';
  if (facts['needs'] === 'identities') return 'Start it with --identities FILE; alertctl init makes one.';
  if ('needs' in facts) return 'Start it with a policy that has channels (--policy).';
  if (facts['status'] === 'UNIMPLEMENTED') return 'The gateway is older than this alertctl.';
  return 'Give --tls-ca or --tls to encrypt the connection, or --insecure to accept one without.';
};

const again = 'Try again in a moment.';

const nextSteps: Partial<Record<AlertErrorCode, (address: string, error: AlertError) => string>> = {
  GATEWAY_UNAVAILABLE: start,
  DEADLINE_EXCEEDED: () => again,
  DRAINING: () => again,
  OVERLOADED: () => again,
  STORE_UNAVAILABLE: () => again,
  DISK_FULL: () => "Make room on the gateway's disk; it goes on by itself.",
  FILTER_INVALID: () => 'Filters are CEL, e.g. --filter \'severity >= HIGH && type == "AUTH_FAILURE"\'.',
  CURSOR_INVALID: () => 'Give the --filter that the cursor was made with, or begin with --from-start.',
  CURSOR_EXPIRED: () => 'Begin with --from-start: what lies between is past its retention.',
  ALERT_NOT_FOUND: () => 'alertctl list shows what is kept.',
  REQUEST_ID_REUSED: () => 'Leave --request-id out for a new alert.',
  INCIDENT_NOT_FOUND: () => 'alertctl incidents list shows what is open.',
  SILENCE_NOT_FOUND: () => 'alertctl silences list shows what stands.',
  RESPONSE_NOT_FOUND: () => 'alertctl responses list shows what there is.',
  RESPONSE_NOT_OPEN: () => 'alertctl responses show says where it is now.',
  OWN_APPROVAL: () => 'Somebody else must approve it.',
  UNAUTHENTICATED: () => 'Give --token-file, or --tls-cert and --tls-key; alertctl tokens create makes a token.',
  PERMISSION_DENIED: () => 'alertctl whoami shows what you may do.',
  TOKEN_NOT_FOUND: () => 'alertctl tokens list shows those that were made here.',
  ISSUER_UNAVAILABLE: () => again,
  CONFLICT: () => 'Look at it again: somebody has changed it.',
  AUDIT_BROKEN: () => 'Keep a copy of the data directory before anything is changed.',
  AUDIT_ENTRY_NOT_FOUND: () => 'An entry is published within a second; alertctl audit list shows what is.',
  COVERAGE_LOST: () => 'alertctl policy reload --accept-lost-coverage accepts it.',
  POLICY_INVALID: () => 'alertctl policy show says all that is wrong with the file.',
  NOT_CONFIGURED: (_, { facts }) => notConfigured(facts),
};

const unreachable: ReadonlySet<AlertErrorCode> = new Set(['GATEWAY_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'DRAINING']);

const resend = (requestId: string): string =>
  `To be sure, report it again with --request-id ${requestId}: it is kept once.`;

const faultOfGateway = (error: AlertError, address: string): Fault => {
  const { code, message, violations } = error;
  const requestId = error.facts['requestId'];
  const next = [nextSteps[code]?.(address, error), requestId === undefined ? undefined : resend(requestId)];
  return {
    code,
    message,
    violations,
    next: next.filter(Boolean).join(' '),
    exitCode: unreachable.has(code) ? ExitCode.UNREACHABLE : ExitCode.REFUSED,
    requestId,
  };
};

/** What to say of an error. `address` is the gateway's, as the user gave it. */
export const faultOf = (error: unknown, address: string): Fault => {
  if (error instanceof AlertError) return faultOfGateway(error, address);
  if (error instanceof UsageError || isSystemError(error)) {
    const message = error instanceof UsageError ? error.message : `a file could not be read: ${reasonOf(error)}`;
    return { code: 'USAGE', message, violations: [], next: '', exitCode: ExitCode.USAGE };
  }
  if (error instanceof NotGenuine) {
    const next = 'Keep a copy of everything before anything is changed.';
    return { code: 'AUDIT_BROKEN', message: error.message, violations: [], next, exitCode: ExitCode.REFUSED };
  }
  return {
    code: 'DEFECT',
    message: `unexpected failure: ${error instanceof Error ? error.message : String(error)}`,
    violations: [],
    next: 'This is a defect of alertctl; please report it.',
    exitCode: ExitCode.REFUSED,
  };
};

// A file that fails while it is read.
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error && 'code' in error;

/** A fault on one line. Not yet safe to print: a message may quote a name of a file. */
export const faultLine = ({ code, message, next }: Fault, address: string): string => {
  const what = code === 'GATEWAY_UNAVAILABLE' ? `the gateway at ${address} cannot be reached` : message;
  return `alertctl: ${what.replace(/[.\s]+$/, '')}.${next === '' ? '' : ` ${next}`}`;
};

/** A fault for a program. */
export const faultJson = ({ code, message, violations, requestId }: Fault) => ({
  error: { code, message, violations, ...(requestId === undefined ? {} : { requestId }) },
});
