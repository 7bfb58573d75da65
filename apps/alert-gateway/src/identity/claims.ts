import { createHash } from 'node:crypto';
import { isPrincipalName, type Principal, type Scope } from '@therapytrain/alerts-core';
import { claimedDigits, type IdentitiesSource } from './identities-schema.ts';

type Claims = NonNullable<IdentitiesSource['issuers'][string]['claims']>;

/** Who has a token, by what its issuer says of it; undefined where that gives it nothing. */
export type ClaimedPrincipal = (payload: Readonly<Record<string, unknown>>) => Principal | undefined;

const isDigest = new RegExp(`^[0-9a-f]{${claimedDigits}}$`);

// What `sub` may hold is the issuer's; what a name may, ours. A subject that looks like a digest of another becomes one too.
const nameOf = (issuer: string, subject: string): string => {
  const plain = `${issuer}.${subject}`;
  if (isPrincipalName(plain) && !isDigest.test(subject)) return plain;
  return `${issuer}.${createHash('sha256').update(subject).digest('hex').slice(0, claimedDigits)}`;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The texts of a claim. One that is neither a text nor a list has none; what is no text in a list is passed over. */
const valuesOf = (payload: Readonly<Record<string, unknown>>, path: readonly string[]): readonly string[] => {
  let value: unknown = payload;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return [value].flat().filter((each) => typeof each === 'string');
};

/** Makes principals of what an issuer, by its name in the identities file, says in its tokens. */
export const principalsByClaims = (issuer: string, { claim, grants }: Claims): ClaimedPrincipal => {
  const path = [claim].flat();
  const given = new Map<string, readonly Scope[]>(Object.entries(grants));
  return (payload) => {
    const { sub } = payload;
    const scopes = new Set(valuesOf(payload, path).flatMap((value) => given.get(value) ?? []));
    if (typeof sub !== 'string' || sub === '' || scopes.size === 0) return undefined;
    return { name: nameOf(issuer, sub), scopes, how: 'jwt' };
  };
};
