import type { Deadline } from '@therapytrain/alerts-core/channel';
import { failureOf, type HttpFailure, type HttpStage } from './answer.ts';
import { UnsafeAddress, unsafeAddressCode } from './guarded-agent.ts';

interface Failed {
  readonly code?: unknown;
  readonly cause?: unknown;
}

// Errors nest: axios's holds Node's, Node's may hold one for each address that was tried.
const chain = (error: unknown): readonly Failed[] => {
  const errors: Failed[] = [];
  for (
    let each = error;
    typeof each === 'object' && each !== null && errors.length < 5;
    each = (each as Failed).cause
  ) {
    errors.push(each as Failed);
  }
  return errors;
};

const codesOf = (errors: readonly Failed[]): readonly string[] =>
  errors.map(({ code }) => code).filter((code) => typeof code === 'string');

const certificate =
  /^(?:CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT)|^EPROTO$/;
const resolution = /^(?:ENOTFOUND|EAI_[A-Z]+|ENODATA|ESERVFAIL|ETIMEOUT)$/;

// A code is Node's or OpenSSL's own word; anything else is not passed on.
const shown = (codes: readonly string[]): string =>
  codes.find((code) => /^[A-Z][A-Z0-9_]{2,60}$/.test(code) && !code.startsWith('ERR_BAD_')) ?? 'no code';

const before = (errors: readonly Failed[], codes: readonly string[]): HttpFailure => {
  const stage = 'before sending';
  if (codes.includes(unsafeAddressCode)) {
    const unsafe = errors.find((error) => error instanceof UnsafeAddress);
    return failureOf('unsafe_address', stage, unsafe?.message ?? 'the address must not be called');
  }
  const code = shown(codes);
  if (codes.some((each) => certificate.test(each))) return failureOf('insecure', stage, code);
  if (codes.some((each) => resolution.test(each))) return failureOf('unresolved', stage, code);
  return failureOf('unreachable', stage, code);
};

const after = (codes: readonly string[]): HttpFailure => {
  const stage = 'after sending';
  return failureOf(codes.some((code) => code.startsWith('HPE_')) ? 'unreadable' : 'lost', stage, shown(codes));
};

/** Makes a failure of what axios threw. Axios's errors hold the whole request, so nothing of them goes on but a code. */
export const failureFrom = (error: unknown, stage: HttpStage, ended: ReturnType<Deadline['ended']>): HttpFailure => {
  if (ended === 'deadline') return failureOf('late', stage, 'no answer in time');
  if (ended === 'caller') return failureOf('cancelled', stage, 'given up');
  const errors = chain(error);
  return stage === 'before sending' ? before(errors, codesOf(errors)) : after(codesOf(errors));
};
