import { timingSafeEqual } from 'node:crypto';
import {
  AlertError,
  type Clock,
  compileNarrowing,
  createToken,
  type Instant,
  type NewAuditEntry,
  type Principal,
  type Random,
  type Scope,
  tokenDigest,
  tokenIdOf,
  type TokenRecord,
  type TokenStore,
} from '@therapytrain/alerts-core';
import { every } from '../every.ts';
import { type Caller, createCaller } from './caller.ts';
import type { Identities } from './identities.ts';
import { unauthenticated } from './refusals.ts';

/** A token that somebody wants. */
export interface TokenWish {
  readonly request: string;
  readonly principal: string;
  readonly scopes: readonly Scope[];
  /** Empty if nothing narrows it. */
  readonly when: string;
  readonly expiresAt: Instant;
}

/** The tokens that are good here. */
export interface TokenBook {
  /** Who has this token. Throws `UNAUTHENTICATED`. Remembers that it was used. */
  callerOf(text: string): Caller;
  /** Makes a token and shows it, once. Rejects with `REQUEST_ID_REUSED` if the request made one before. */
  create(wish: TokenWish, by: string): Promise<{ readonly record: TokenRecord; readonly text: string }>;
  /** The newest first. */
  list(): readonly TokenRecord[];
  /** Rejects with `TOKEN_NOT_FOUND`. */
  revoke(id: string, by: string): Promise<TokenRecord>;
  /** Writes down when tokens were last used, and closes the store. */
  close(): Promise<void>;
}

/** What it is made of. */
export interface TokenBookParts {
  readonly store: TokenStore;
  readonly identities: () => Pick<Identities, 'token'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly record: (entries: readonly NewAuditEntry[]) => Promise<void>;
  /** Told of a write that failed and whose loss is harmless. */
  readonly onFailure: (error: unknown) => void;
}

const writeUsesEvery = 60_000;
/** A token that ended is told of in lists for this long. */
const memory = 90 * 86_400_000;

interface Known {
  readonly digest: string;
  readonly principal: Principal;
  readonly expiresAt: Instant;
  readonly revoked: boolean;
}

const principalOf = ({ principal, scopes, when }: TokenRecord): Principal => ({
  name: principal,
  scopes: new Set(scopes),
  how: 'token',
  ...(when !== '' && { when: compileNarrowing(when) }),
});

const knownOf = (record: TokenRecord): Known => ({
  digest: record.digest,
  principal: principalOf(record),
  expiresAt: record.expiresAt,
  revoked: record.revokedAt !== undefined,
});

const nobody = '0'.repeat(64);

const sameDigest = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other));

const createdEntry = ({
  id,
  principal,
  scopes,
  when,
  expiresAt,
  createdBy,
  createdAt,
}: TokenRecord): NewAuditEntry => ({
  at: createdAt,
  actor: createdBy,
  action: 'token.created',
  subject: id,
  facts: { principal, scopes: scopes.join(' '), narrowed: when === '' ? 0 : 1, expiresAt },
});

/** Reads the tokens of a store into memory, where each call looks them up, and keeps both equal. */
export const openTokenBook = async (parts: TokenBookParts): Promise<TokenBook> => {
  const { store, identities, clock, random, record, onFailure } = parts;
  await store.prune(clock.now() - memory);
  const records = new Map((await store.list()).map((each) => [each.id, each]));
  const known = new Map([...records].map(([id, each]) => [id, knownOf(each)]));
  let used = new Map<string, Instant>();
  const find = (id: string): Known | undefined => {
    const made = known.get(id);
    if (made) return made;
    const given = identities().token(id);
    return given && { ...given, revoked: false };
  };
  const keep = (next: TokenRecord): TokenRecord => {
    records.set(next.id, next);
    known.set(next.id, knownOf(next));
    return next;
  };
  const writeUses = async (): Promise<void> => {
    const written = used;
    used = new Map();
    await store.used(written);
    for (const [id, lastUsedAt] of written) {
      const of = records.get(id);
      if (of) records.set(id, { ...of, lastUsedAt });
    }
  };
  const writing = every(writeUsesEvery, clock, () => void writeUses().catch(onFailure));
  return {
    callerOf: (text) => {
      const id = tokenIdOf(text);
      const token = id === undefined ? undefined : find(id);
      // The same steps whether the id is known or not: how long it takes tells nobody which ids there are.
      const isSame = sameDigest(tokenDigest(text), token?.digest ?? nobody);
      if (id === undefined || !token || !isSame) throw unauthenticated('unknown');
      const now = clock.now();
      if (token.revoked) throw unauthenticated('revoked');
      const { digest } = token;
      const caller = createCaller((at) => {
        const present = find(id);
        return present && !present.revoked && present.digest === digest && present.expiresAt > at ? present : undefined;
      }, now);
      if (!caller) throw unauthenticated('expired');
      if (known.has(id)) used.set(id, now);
      return caller;
    },
    create: async ({ request, principal, scopes, when, expiresAt }, by) => {
      const { id, digest, text } = createToken(random);
      const made: TokenRecord = {
        ...{ id, digest, principal, scopes, when, request, expiresAt },
        ...{ createdBy: by, createdAt: clock.now(), revokedAt: undefined, lastUsedAt: undefined },
      };
      if ([...records.values()].some((each) => each.request === request)) {
        throw new AlertError('REQUEST_ID_REUSED', 'this request made a token before; its text cannot be told again');
      }
      // The entry first: there is never a token that the audit does not know of.
      await record([createdEntry(made)]);
      await store.add(made);
      return { record: keep(made), text };
    },
    list: () => [...records.values()].reverse(),
    revoke: async (id, by) => {
      const of = records.get(id);
      if (!of) throw new AlertError('TOKEN_NOT_FOUND', 'no token of this id is known');
      if (of.revokedAt !== undefined) return of;
      const revokedAt = clock.now();
      await store.revoke(id, revokedAt);
      // In force before it is told: a store that cannot write the audit must not keep a stolen token alive.
      const revoked = keep({ ...of, revokedAt });
      const facts = { principal: of.principal };
      await record([{ at: revokedAt, actor: by, action: 'token.revoked', subject: id, facts }]);
      return revoked;
    },
    close: async () => {
      writing.stop();
      await writeUses().catch(onFailure);
      await store.close();
    },
  };
};
