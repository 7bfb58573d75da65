import type { PeerCertificate } from 'node:tls';
import type { Metadata } from '@grpc/grpc-js';
import { type Clock, localPrincipal } from '@therapytrain/alerts-core';
import { declaredSource } from '../rpc/caller.ts';
import type { Credential } from './access-log.ts';
import { type Caller, createCaller, lastingCaller } from './caller.ts';
import { readCertificate } from './certificate.ts';
import type { Identities } from './identities.ts';
import type { JwtCheck } from './jwt.ts';
import { unauthenticated } from './refusals.ts';
import type { TokenBook } from './tokens.ts';

/** What the connection of a call has proved: the client's certificate, if it gave one that was verified. */
export interface ConnectionProof {
  readonly sslPeerCertificate?: PeerCertificate;
}

/** Says who calls, by what came before the body. Throws `UNAUTHENTICATED`, or rejects where it takes a while to tell. */
export type Authenticate = (metadata: Metadata, connection: () => ConnectionProof) => Caller | Promise<Caller>;

/** What it works with. */
export interface AuthenticateParts {
  readonly identities: () => Identities;
  readonly tokens: Pick<TokenBook, 'callerOf'>;
  readonly jwt: JwtCheck;
  readonly clock: Pick<Clock, 'now'>;
}

/** The metadata key of tokens. */
export const authorizationKey = 'authorization';

const bearer = /^bearer ([\x21-\x7e]{1,8192})$/i;

// A JWT has two dots; a token of ours has none.
const isJwt = (token: string): boolean => token.includes('.');

const tokenOf = (metadata: Metadata): string | undefined => {
  const given = metadata.get(authorizationKey);
  if (given.length === 0) return undefined;
  const [first] = given;
  const token = given.length === 1 && typeof first === 'string' ? bearer.exec(first)?.[1] : undefined;
  if (token === undefined) throw unauthenticated('malformed');
  return token;
};

/** What a call comes with to prove who calls, by its form alone: it may be good for nothing. */
export const credentialOf = (metadata: Metadata, connection: () => ConnectionProof): Credential => {
  const [given] = metadata.get(authorizationKey);
  if (given === undefined) return connection().sslPeerCertificate ? 'certificate' : 'none';
  const token = typeof given === 'string' ? bearer.exec(given)?.[1] : undefined;
  if (token === undefined) return 'other';
  return isJwt(token) ? 'jwt' : 'token';
};

/**
 * Makes authentication by certificates and tokens. Who gives both is who the token says: a person may work on a machine
 * that has a certificate of its own. A token that is no good is refused, whatever certificate comes with it.
 */
export const createAuthenticate = ({ identities, tokens, jwt, clock }: AuthenticateParts): Authenticate => {
  const byCertificate = (connection: () => ConnectionProof): Caller => {
    const { sslPeerCertificate } = connection();
    if (!sslPeerCertificate) throw unauthenticated('missing');
    const { uri, serial, notAfter } = readCertificate(sslPeerCertificate);
    if (identities().denied.has(serial)) throw unauthenticated('denied_certificate');
    if (uri === undefined || !identities().certificate(uri)) throw unauthenticated('unknown');
    const caller = createCaller((at) => {
      const { denied, certificate } = identities();
      const principal = at < notAfter && !denied.has(serial) ? certificate(uri) : undefined;
      return principal && { principal, expiresAt: notAfter };
    }, clock.now());
    if (!caller) throw unauthenticated('expired');
    return caller;
  };
  return (metadata, connection) => {
    const token = tokenOf(metadata);
    if (token === undefined) return byCertificate(connection);
    return isJwt(token) ? jwt.callerOf(token) : tokens.callerOf(token);
  };
};

/** Names are of whoever calls: so many callers are remembered, then all are forgotten. */
const mostRemembered = 1_000;

/** On a gateway that asks for no proof everybody is who it says it is. Throws `SOURCE_INVALID`. */
export const takeTheirWord = (): Authenticate => {
  const callers = new Map<string, Caller>();
  return (metadata) => {
    const source = declaredSource(metadata);
    let caller = callers.get(source);
    if (caller) return caller;
    if (callers.size >= mostRemembered) callers.clear();
    caller = lastingCaller(localPrincipal(source));
    callers.set(source, caller);
    return caller;
  };
};
