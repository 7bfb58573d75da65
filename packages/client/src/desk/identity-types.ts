import type { Instant, Proof, Scope } from '@therapytrain/alerts-core';
import type { ChangeOptions } from './types.ts';

/** A token, without its text. */
export interface ListedToken {
  readonly id: string;
  /** The principal that whoever has the token is. */
  readonly principal: string;
  readonly scopes: readonly Scope[];
  /** The condition that narrows it, in CEL; empty if there is none. */
  readonly when: string;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt: Instant | undefined;
  /** To about a minute; undefined if it was never used. */
  readonly lastUsedAt: Instant | undefined;
}

/** A token to make. */
export interface NewTokenOptions extends ChangeOptions {
  readonly principal: string;
  readonly scopes: readonly Scope[];
  readonly when?: string | undefined;
  readonly expiresAt: Instant;
}

/** A token that was made. */
export interface MadeToken {
  readonly token: ListedToken;
  /** The token itself. It can be had here only. */
  readonly text: string;
}

/** Who calls, as the gateway sees it. */
export interface Myself {
  readonly principal: string;
  readonly scopes: readonly Scope[];
  readonly when: string;
  readonly proof: Proof;
  /** Undefined where what it proved it with has no end. */
  readonly expiresAt: Instant | undefined;
}

/** Asks who calls, and about tokens. */
export interface IdentityCalls {
  whoAmI(): Promise<Myself>;
  /** Rejects with `REQUEST_ID_REUSED` where the request made a token before: its text cannot be told again. */
  createToken(options: NewTokenOptions): Promise<MadeToken>;
  /** The newest first. */
  listTokens(): Promise<readonly ListedToken[]>;
  /** Rejects with `TOKEN_NOT_FOUND`. */
  revokeToken(id: string, options?: ChangeOptions): Promise<ListedToken>;
}
