import type { Refusal, RefusalReason } from './options.ts';

/** How a refusal is answered over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Problem details (RFC 9457), with the reason as `code`. */
  readonly body: string;
}

// A 401 must say how to authenticate (RFC 9110 §15.5.2); that of a second factor is RFC 9470 §3, of a token RFC 6750 §3.1.
const answers: Readonly<Record<RefusalReason, readonly [status: number, title: string, challenge?: string]>> = {
  address_blocked: [403, 'Requests from this address are refused.'],
  throttled: [429, 'There are too many requests from this address.'],
  user_locked: [403, 'This account is locked.'],
  session_revoked: [401, 'This session has ended: sign in again.', 'Bearer error="invalid_token"'],
  step_up_required: [401, 'Sign in with a second factor.', 'Bearer error="insufficient_user_authentication"'],
  access_revoked: [403, 'This user may not reach this resource.'],
};

/** The answer to a request that is refused. It must not be kept by a cache: the decision ends. */
export const httpAnswer = ({ reason, retryAfter }: Refusal): HttpAnswer => {
  const [status, title, challenge] = answers[reason];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(challenge !== undefined && { 'www-authenticate': challenge }),
    },
    body: JSON.stringify({ type: 'about:blank', title, status, code: reason }),
  };
};
