import { failureOf, type HttpFailure } from './answer.ts';

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const fieldValue = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;

/** True if it can be the name of a header: a token (RFC 9110 §5.1) of at most 128 characters. */
export const isHeaderName = (name: string): boolean => token.test(name);

/** True if it can be sent as the value of a header without a change: visible ASCII, blanks inside only (RFC 9110 §5.5). */
export const isHeaderValue = (value: string): boolean => fieldValue.test(value);

/** Why a request cannot be sent as it is. axios would drop what is not allowed in a header, and send the rest. */
export const requestFault = (
  headers: Readonly<Record<string, string>>,
  size: number,
  maxBody: number,
): HttpFailure | undefined => {
  if (size > maxBody) return failureOf('too_large', 'before sending', `the body is larger than ${maxBody} bytes`);
  const entries = Object.entries(headers);
  if (entries.every(([name, value]) => isHeaderName(name) && isHeaderValue(value))) return undefined;
  return failureOf('unsendable', 'before sending', 'a header has a character that is not allowed');
};
