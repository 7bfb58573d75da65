import type { Clock, Instant, NewAuditEntry } from '@therapytrain/alerts-core';
import type { Commitment } from '@therapytrain/alerts-manager';
import { every } from '../every.ts';

/** Counts logins that were refused and reads of personal data, and writes them to the audit once a minute. */
export interface AccessLog {
  /** A login from an address was refused: what it was tried with, and why. The address itself is in no entry. */
  refused(address: string, credential: Credential, why: string): void;
  /** A principal was given something that may hold personal data. */
  read(principal: string, method: string): void;
  /** Writes what was counted and counts no more. */
  close(): Promise<void>;
}

/** What somebody tries to prove with who it is, as far as that shows before it is looked at. */
export type Credential = 'none' | 'certificate' | 'token' | 'jwt' | 'other';

/** What it works with. */
export interface AccessLogParts {
  readonly clock: Clock;
  /** Stands for an address in the audit. */
  readonly commitment: Commitment;
  readonly record: (entries: readonly NewAuditEntry[]) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

const writeEvery = 60_000;
/** So many entries of a minute are about one address; all others are counted together: an attacker must not fill the disk. */
const mostNamed = 20;
/** So many are told apart while they are counted. */
const mostCounted = 1_000;
const others = 'others';

type Counts = Map<string, number>;
/** Whom it is about, and what is said of it. */
type Counted = readonly [string, ...string[]];

const keyOf = (...counted: Counted): string => JSON.stringify(counted);
const partsOf = (key: string): Counted => JSON.parse(key) as Counted;

const count = (counts: Counts, ...[one, ...said]: Counted): void => {
  const key = keyOf(one, ...said);
  const known = counts.get(key);
  const at = known !== undefined || counts.size < mostCounted ? key : keyOf(others, ...said);
  counts.set(at, (counts.get(at) ?? 0) + 1);
};

// The most frequent each for itself, the rest together by what is said of them.
const summed = (counts: Counts): readonly (readonly [string, number])[] => {
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  const rest: Counts = new Map();
  for (const [key, times] of sorted.slice(mostNamed)) {
    const [, ...said] = partsOf(key);
    const at = keyOf(others, ...said);
    rest.set(at, (rest.get(at) ?? 0) + times);
  }
  return [...sorted.slice(0, mostNamed), ...rest];
};

/** Makes the log. */
export const startAccessLog = ({ clock, commitment, record, onFailure }: AccessLogParts): AccessLog => {
  let logins: Counts = new Map();
  let reads: Counts = new Map();
  const refusals = (at: Instant, counts: Counts): Promise<NewAuditEntry[]> =>
    Promise.all(
      summed(counts).map(async ([key, times]) => {
        const [address, credential = '', why = ''] = partsOf(key);
        // An address is a person's as a name is: whoever erases its key erases it here too.
        const subject = address === others ? others : await commitment(address, address);
        return { at, actor: 'gateway', action: 'login.refused', subject, facts: { credential, why, times } };
      }),
    );
  const write = async (): Promise<void> => {
    const at = clock.now();
    const [refused, read] = [logins, reads];
    logins = new Map();
    reads = new Map();
    const entries: NewAuditEntry[] = [...read].map(([key, times]) => {
      const [principal, method = ''] = partsOf(key);
      return { at, actor: principal, action: 'personal.read', subject: method, facts: { times } };
    });
    entries.unshift(...(await refusals(at, refused)));
    if (entries.length > 0) await record(entries);
  };
  const writing = every(writeEvery, clock, () => void write().catch(onFailure));
  return {
    refused: (address, credential, why) => count(logins, address, credential, why),
    read: (principal, method) => count(reads, principal, method),
    close: async () => {
      writing.stop();
      await write().catch(onFailure);
    },
  };
};
