import {
  CreateTokenRequest,
  CreateTokenResponse,
  IdentityServiceService,
  type IdentityServiceServer,
  ListTokensRequest,
  ListTokensResponse,
  RevokeTokenRequest,
  RevokeTokenResponse,
  type Token as WireToken,
  WhoAmIRequest,
  WhoAmIResponse,
  WireProof,
} from '@therapytrain/alerts-api';
import {
  AlertError,
  type Clock,
  compileNarrowing,
  ExpressionError,
  isPrincipalName,
  type Ids,
  type Proof,
  type Scope,
  scopes,
  type TokenRecord,
} from '@therapytrain/alerts-core';
import type { TokenBook, TokenWish } from '../identity/tokens.ts';
import type { ObserveHandlers } from './alert-rpc.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { check, commandOf, type Fault, instantOf, namesOf, optionalIdFault } from './fields.ts';
import { createRpcService, type RpcService } from './service.ts';
import type { Handle, Unary } from './unary.ts';

/** What `IdentityService` is made of. */
export interface IdentityRpcParts {
  /** Undefined in a gateway that asks for no proof. */
  readonly tokens: TokenBook | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly unary: Unary;
  /** Wraps the handlers of a service in their spans and metrics. */
  readonly observe: (service: string) => ObserveHandlers;
}

const longest = 366 * 86_400_000;

const answer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

const numbersOf = (of: Iterable<Scope>): never[] =>
  [...of].map((scope) => scopes.indexOf(scope) + 1).sort((one, other) => one - other) as never[];

const wireToken = (record: TokenRecord): WireToken => ({
  id: record.id,
  principal: record.principal,
  scopes: numbersOf(record.scopes),
  when: record.when,
  createdBy: record.createdBy,
  createdAt: new Date(record.createdAt),
  expiresAt: new Date(record.expiresAt),
  revokedAt: record.revokedAt === undefined ? undefined : new Date(record.revokedAt),
  lastUsedAt: record.lastUsedAt === undefined ? undefined : new Date(record.lastUsedAt),
});

const narrowingFault = (when: string): Fault => {
  if (when === '') return undefined;
  try {
    compileNarrowing(when);
    return undefined;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { field: 'when', rule: error.message };
  }
};

const wishOf = (message: Buffer, source: string, { clock, ids }: IdentityRpcParts): TokenWish => {
  const request = decodeStrictly(message, shapes.CreateTokenRequest, CreateTokenRequest.decode, { 3: 'number' });
  const { requestId, principal, when, expiresAt: end } = request;
  const now = clock.now();
  const expiresAt = end === undefined ? 0 : instantOf('expiresAt', end);
  check(
    optionalIdFault('requestId', requestId),
    isPrincipalName(principal)
      ? undefined
      : { field: 'principal', rule: 'is not 1 to 64 of a-z, 0-9, ".", "_" and "-", or is `gateway`' },
    request.scopes.length > 0 ? undefined : { field: 'scopes', rule: 'names no scope' },
    narrowingFault(when),
    expiresAt > now && expiresAt <= now + longest
      ? undefined
      : { field: 'expiresAt', rule: 'is not in the future and at most 366 days away: every token ends' },
  );
  const wanted = namesOf('scopes', request.scopes, scopes);
  return { request: commandOf(requestId, source, ids).request, principal, scopes: wanted, when, expiresAt };
};

const createTokenHandles = (tokens: TokenBook, parts: IdentityRpcParts) =>
  ({
    createToken: async (message, source) => {
      const { record, text } = await tokens.create(wishOf(message, source, parts), source);
      return answer(CreateTokenResponse.encode({ token: wireToken(record), text }).finish());
    },
    listTokens: async (message) => {
      decodeStrictly(message, shapes.ListTokensRequest, ListTokensRequest.decode);
      return answer(ListTokensResponse.encode({ tokens: tokens.list().map(wireToken) }).finish());
    },
    revokeToken: async (message, source) => {
      const { requestId, tokenId } = decodeStrictly(message, shapes.RevokeTokenRequest, RevokeTokenRequest.decode);
      check(
        optionalIdFault('requestId', requestId),
        /^[0-9A-Za-z]{11}$/.test(tokenId) ? undefined : { field: 'tokenId', rule: 'is not the id of a token' },
      );
      return answer(RevokeTokenResponse.encode({ token: wireToken(await tokens.revoke(tokenId, source)) }).finish());
    },
  }) satisfies Partial<Record<keyof IdentityServiceServer, Handle>>;

const noTokens: Handle = () =>
  Promise.reject(
    new AlertError('NOT_CONFIGURED', 'this gateway asks for no proof, so it keeps no tokens', {
      facts: { needs: 'identities' },
    }),
  );

const proofs: Readonly<Record<Proof, WireProof>> = {
  mtls: WireProof.MTLS,
  token: WireProof.TOKEN,
  jwt: WireProof.JWT,
  local: WireProof.LOCAL,
};

const whoAmI: Handle = async (message, _source, { principal, expiresAt }) => {
  decodeStrictly(message, shapes.WhoAmIRequest, WhoAmIRequest.decode);
  return answer(
    WhoAmIResponse.encode({
      principal: principal.name,
      scopes: numbersOf(principal.scopes),
      when: principal.when?.source ?? '',
      proof: proofs[principal.how],
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
    }).finish(),
  );
};

/** Ties `IdentityService` to the tokens. */
export const createIdentityRpc = (parts: IdentityRpcParts): RpcService => {
  const { tokens, unary, observe } = parts;
  const handles: { readonly [Method in keyof IdentityServiceServer]: Handle } = {
    ...(tokens
      ? createTokenHandles(tokens, parts)
      : { createToken: noTokens, listTokens: noTokens, revokeToken: noTokens }),
    whoAmI,
  };
  const byMethod: Readonly<Record<string, Handle | undefined>> = handles;
  return createRpcService(IdentityServiceService, (name) => byMethod[name] ?? noTokens, { unary, observe });
};
