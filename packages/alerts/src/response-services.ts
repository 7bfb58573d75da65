import type { AlertSeverity, Metadata } from '@therapytrain/alerts-core';

/** What a service answers; only that it ended, and whether it failed, is of interest. */
export type Done = Promise<unknown> | void;

/** The platform's service of users, as far as responses need it. Each call is safe to make again. */
export interface UserService {
  /** The account cannot sign in until the service itself lets it again. */
  temporaryLockAccount(userId: string): Done;
  /** The session that the user is in ends. */
  revokeCurrentSession(userId: string): Done;
  /** The user may no longer reach the resource. */
  revokeResourceAccess(userId: string, resource: string): Done;
}

/** The platform's limiter of requests. An `ip` is an address in its shortest form; an IPv4-mapped one is given as IPv4. */
export interface RateLimiterService {
  /** It is looked at more closely; nothing is refused for it. */
  addToSuspiciousList(ip: string): Done;
  /** It may make fewer requests. */
  decreaseLimit(ip: string): Done;
  /** It is refused for so many seconds. */
  temporaryBlock(ip: string, seconds: number): Done;
  /** It is refused for good. */
  blacklistIP(ip: string): Done;
}

/** The platform's audit of security. */
export interface SecurityAuditService {
  /** `details` holds the alert's message and metadata as they are: the audit is where personal data may be. */
  recordAlert(type: string, severity: AlertSeverity, details: Metadata): Done;
  logAccessPattern(userId: string, resource: string): Done;
}

/** What an automated response acts through. */
export interface ResponseServices {
  readonly users: UserService;
  readonly limiter: RateLimiterService;
  readonly audit: SecurityAuditService;
}
