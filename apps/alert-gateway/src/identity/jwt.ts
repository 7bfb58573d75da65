import { AlertError, type Clock, type Instant, type Millis, tokenDigest } from '@therapytrain/alerts-core';
import { createRemoteJWKSet, customFetch, decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import { type Caller, createCaller } from './caller.ts';
import type { Identities } from './identities.ts';
import { unauthenticated } from './refusals.ts';

/** Checks tokens of OIDC issuers. */
export interface JwtCheck {
  /** Who has this token. Rejects with `UNAUTHENTICATED`, or with `ISSUER_UNAVAILABLE` where that cannot be told now. */
  callerOf(text: string): Promise<Caller>;
}

/** What it works with. */
export interface JwtCheckParts {
  readonly identities: () => Pick<Identities, 'issuers' | 'subject' | 'claimed'>;
  readonly clock: Clock;
}

/** An issuer as the identities file has it. */
type Issuer = Identities['issuers'] extends ReadonlyMap<string, infer I> ? I : never;

type Keys = ReturnType<typeof createRemoteJWKSet>;

const longestToken = 8_192;
const mostKeyBytes = 256 * 1024;
const fetchWithin: Millis = 5_000;
/** How long is waited before a token of an unknown key may ask for the keys again: whoever sends such tokens is nobody. */
const cooldown: Millis = 30_000;
const mostRemembered = 1_000;
const retryAfter: Millis = 2_000;

// The address comes from our own configuration; what lies there may still be too large, or lead somewhere else.
const fetchKeys: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostKeyBytes) throw new Error(`the keys are larger than ${mostKeyBytes} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
};

const faultOf = (error: unknown): AlertError => {
  if (error instanceof errors.JWTExpired) return unauthenticated('expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return unauthenticated(
      error.claim === 'aud' ? 'wrong_audience' : error.claim === 'iss' ? 'wrong_issuer' : 'malformed',
    );
  }
  // A key that the issuer does not have is a token that the issuer did not sign.
  const isForged = [
    errors.JWSSignatureVerificationFailed,
    errors.JWKSNoMatchingKey,
    errors.JOSEAlgNotAllowed,
    errors.JWKSMultipleMatchingKeys,
  ];
  if (isForged.some((kind) => error instanceof kind)) return unauthenticated('bad_signature');
  const isMalformed = [errors.JWSInvalid, errors.JWTInvalid, errors.JOSENotSupported];
  if (isMalformed.some((kind) => error instanceof kind)) return unauthenticated('malformed');
  return new AlertError('ISSUER_UNAVAILABLE', 'the keys of the token issuer cannot be had now', {
    cause: error,
    retryAfter,
  });
};

const issuerOf = (text: string): string => {
  if (text.length > longestToken) throw unauthenticated('malformed');
  try {
    return decodeJwt(text).iss ?? '';
  } catch {
    throw unauthenticated('malformed');
  }
};

// Each call asks, and the identities rarely change.
const lastOf = <A extends object, R>(ask: (of: A) => R): ((of: A) => R) => {
  let last: { readonly of: A; readonly answer: R } | undefined;
  return (of) => (last?.of === of ? last : (last = { of, answer: ask(of) })).answer;
};

/** A token that was checked is remembered, so that the next calls with it cost no signature. The oldest goes first. */
const createMemory = () => {
  const callers = new Map<string, Caller>();
  return {
    get: (digest: string, now: Instant): Caller | undefined => {
      const caller = callers.get(digest);
      if (!caller || caller.holds(now)) return caller;
      callers.delete(digest);
      return undefined;
    },
    keep: (digest: string, caller: Caller): Caller => {
      callers.set(digest, caller);
      for (const oldest of callers.keys()) {
        if (callers.size <= mostRemembered) break;
        callers.delete(oldest);
      }
      return caller;
    },
  };
};

/** Makes the check. Nothing is fetched before a token needs it. */
export const createJwtCheck = ({ identities, clock }: JwtCheckParts): JwtCheck => {
  // By the settings: another file with the same issuer keeps its keys.
  const sets = new WeakMap<Issuer, Keys>();
  const memory = createMemory();
  const keysOf = (issuer: Issuer): Keys => {
    const known = sets.get(issuer);
    if (known) return known;
    const made = createRemoteJWKSet(new URL(issuer.keys), {
      timeoutDuration: fetchWithin,
      cooldownDuration: cooldown,
      cacheMaxAge: issuer.keys_for,
      [customFetch]: fetchKeys,
    });
    sets.set(issuer, made);
    return made;
  };
  const verify = async (text: string, issuer: Issuer): Promise<JWTPayload> => {
    try {
      const { payload } = await jwtVerify(text, keysOf(issuer), {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: [...issuer.algorithms],
        clockTolerance: issuer.clock_tolerance / 1_000,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      throw faultOf(error);
    }
  };
  return {
    callerOf: async (text) => {
      const digest = tokenDigest(text);
      const known = memory.get(digest, clock.now());
      if (known) return known;
      const iss = issuerOf(text);
      const issuer = identities().issuers.get(iss);
      if (!issuer) throw unauthenticated('wrong_issuer');
      const payload = await verify(text, issuer);
      const { sub = '', exp = 0 } = payload;
      const principalIn = lastOf((known: ReturnType<typeof identities>) =>
        known.issuers.has(iss) ? (known.subject(iss, sub) ?? known.claimed(iss, payload)) : undefined,
      );
      const expiresAt = exp * 1_000;
      const until = expiresAt + issuer.clock_tolerance;
      const caller = createCaller((at) => {
        const principal = principalIn(identities());
        return principal && at < until ? { principal, expiresAt } : undefined;
      }, clock.now());
      if (!caller) throw unauthenticated('unknown');
      return memory.keep(digest, caller);
    },
  };
};
