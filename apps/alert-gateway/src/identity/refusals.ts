import { AlertError, type Scope } from '@therapytrain/alerts-core';

/** Why somebody was not taken for who it says it is. The closed list behind the fact `why` of UNAUTHENTICATED. */
export type LoginFault =
  | 'missing'
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'revoked'
  | 'denied_certificate'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'bad_signature';

const rules: Readonly<Record<LoginFault, string>> = {
  missing: 'it gave no client certificate that is known here, and no token',
  malformed: 'what it gave is not one `Bearer` token',
  unknown: 'what it gave is not known here',
  expired: 'what it gave has expired',
  revoked: 'what it gave was revoked',
  denied_certificate: 'its certificate is taken no more',
  wrong_issuer: 'the issuer of its token is not taken here',
  wrong_audience: 'its token is for somebody else',
  bad_signature: 'its token does not bear a good signature of its issuer',
};

/** The error for a caller that did not prove who it is. */
export const unauthenticated = (why: LoginFault): AlertError =>
  new AlertError('UNAUTHENTICATED', `the caller did not prove who it is: ${rules[why]}`, { facts: { why } });

/** The error for a caller without a scope. */
export const lacks = (scope: Scope): AlertError =>
  new AlertError('PERMISSION_DENIED', `the caller may not do this: it needs the scope ${scope}`, { facts: { scope } });

/** The error for an alert outside of the condition that narrows a principal. */
export const outside = (): AlertError =>
  new AlertError(
    'PERMISSION_DENIED',
    'the caller may not do this: its condition does not let this type and source through',
    {
      facts: { rule: 'when' },
    },
  );
