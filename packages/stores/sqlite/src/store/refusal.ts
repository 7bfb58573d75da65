import type { AlertErrorCode } from '@therapytrain/alerts-core';

/**
 * A write that is refused by what the store holds. It is caught in the store's own thread, which does not load the
 * `AlertError` of core.
 */
export class Refusal extends Error {
  readonly code: AlertErrorCode;

  constructor(code: AlertErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An incident or a response is not as it was read. */
export const conflict = (what: 'incident' | 'response' = 'incident'): Refusal =>
  new Refusal('CONFLICT', `the ${what} has changed since it was read`);
