import type { Clock, NewAuditEntry } from '@therapytrain/alerts-core';
import { every } from '../every.ts';

/** Counts logins that were refused and reads of personal data, and writes them to the audit once a minute. */
export interface AccessLog {
  /** A login from an address was refused. */
  refused(address: string, why: string): void;
  /** A principal was given something that may hold personal data. */
  read(principal: string, method: string): void;
  /** Writes what was counted and counts no more. */
  close(): Promise<void>;
}

/** What it works with. */
export interface AccessLogParts {
  readonly clock: Clock;
  readonly record: (entries: readonly NewAuditEntry[]) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

const writeEvery = 60_000;
/** So many entries of a minute name an address; all others are counted together: an attacker must not fill the disk. */
const mostNamed = 20;
/** So many are told apart while they are counted. */
const mostCounted = 1_000;
const others = 'others';

type Counts = Map<string, number>;

const keyOf = (one: string, other: string): string => JSON.stringify([one, other]);
const partsOf = (key: string): readonly [string, string] => JSON.parse(key) as [string, string];

const count = (counts: Counts, one: string, other: string): void => {
  const key = keyOf(one, other);
  const known = counts.get(key);
  const at = known !== undefined || counts.size < mostCounted ? key : keyOf(others, other);
  counts.set(at, (counts.get(at) ?? 0) + 1);
};

// The most frequent by name, the rest together by their second part.
const summed = (counts: Counts): readonly (readonly [string, string, number])[] => {
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  const rest: Counts = new Map();
  for (const [key, times] of sorted.slice(mostNamed)) {
    const at = keyOf(others, partsOf(key)[1]);
    rest.set(at, (rest.get(at) ?? 0) + times);
  }
  return [...sorted.slice(0, mostNamed), ...rest].map(([key, times]) => [...partsOf(key), times]);
};

/** Makes the log. */
export const startAccessLog = ({ clock, record, onFailure }: AccessLogParts): AccessLog => {
  let logins: Counts = new Map();
  let reads: Counts = new Map();
  const write = async (): Promise<void> => {
    const at = clock.now();
    const entries: NewAuditEntry[] = [
      ...summed(logins).map(([address, why, times]) => ({
        ...{ at, actor: 'gateway', action: 'login.refused', subject: address },
        facts: { why, times },
      })),
      ...[...reads].map(([key, times]) => {
        const [principal, method] = partsOf(key);
        return { at, actor: principal, action: 'personal.read', subject: method, facts: { times } };
      }),
    ];
    logins = new Map();
    reads = new Map();
    if (entries.length > 0) await record(entries);
  };
  const writing = every(writeEvery, clock, () => void write().catch(onFailure));
  return {
    refused: (address, why) => count(logins, address, why),
    read: (principal, method) => count(reads, principal, method),
    close: async () => {
      writing.stop();
      await write().catch(onFailure);
    },
  };
};
