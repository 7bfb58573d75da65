import { IdentityServiceService as methods, type Token } from '@therapytrain/alerts-api';
import { type Ids, type Proof, scopes } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import type { IdentityCalls, ListedToken } from './identity-types.ts';
import { askBy, present } from './method.ts';
import { instantOf, nameOf, numbersOf } from './wire.ts';

const proofs = ['mtls', 'token', 'jwt', 'local'] as const satisfies readonly Proof[];

const optionalInstant = (date: Date | undefined): number | undefined =>
  date === undefined ? undefined : instantOf(date);

const readToken = (wire: Token | undefined): ListedToken => {
  const { id, principal, scopes: numbers, when, createdBy, createdAt, expiresAt, ...more } = present(wire);
  return {
    ...{ id, principal, when, createdBy },
    scopes: numbers.map((scope) => nameOf(scopes, scope)),
    createdAt: instantOf(createdAt),
    expiresAt: instantOf(expiresAt),
    revokedAt: optionalInstant(more.revokedAt),
    lastUsedAt: optionalInstant(more.lastUsedAt),
  };
};

/** Asks `IdentityService`. */
export const createIdentityCalls = (ask: Ask, ids: Ids): IdentityCalls => ({
  whoAmI: async () => {
    const { principal, scopes: numbers, when, proof, expiresAt } = await askBy(ask, methods.whoAmI, {});
    return {
      ...{ principal, when },
      scopes: numbers.map((scope) => nameOf(scopes, scope)),
      proof: nameOf(proofs, proof),
      expiresAt: optionalInstant(expiresAt),
    };
  },
  createToken: async ({ requestId = ids.next(), principal, scopes: names, when = '', expiresAt }) => {
    const wish = { requestId, principal, scopes: numbersOf(scopes, names), when, expiresAt: new Date(expiresAt) };
    const { token, text } = await askBy(ask, methods.createToken, wish);
    return { token: readToken(token), text };
  },
  listTokens: async () => (await askBy(ask, methods.listTokens, {})).tokens.map(readToken),
  revokeToken: async (tokenId, { requestId = ids.next() } = {}) =>
    readToken((await askBy(ask, methods.revokeToken, { requestId, tokenId })).token),
});
