import { AlertError } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';

/** A method of the contract as the generated code describes it. */
export interface Method<Q, R> {
  readonly path: string;
  readonly requestSerialize: (request: Q) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => R;
}

/** Asks by a method of the contract. Rejects with `MESSAGE_MALFORMED` for an answer that cannot be read. */
export const askBy = async <Q, R>(ask: Ask, method: Method<Q, R>, request: Q): Promise<R> => {
  const answer = await ask(method.path, method.requestSerialize(request));
  try {
    return method.responseDeserialize(answer);
  } catch (cause) {
    throw new AlertError('MESSAGE_MALFORMED', 'malformed message: an answer does not decode', { cause });
  }
};

/** What an answer must hold. */
export const present = <T>(part: T | undefined): T => {
  if (part === undefined) throw new AlertError('DEFECT', 'the gateway left out what was asked for');
  return part;
};
