import { AlertError } from '@therapytrain/alerts-core';

/** What is logged of an error. */
export interface LoggableError {
  readonly name: string;
  readonly code?: string | number;
  /** Of an {@link AlertError} only: its messages are made to be shown. Any other may hold a value. */
  readonly message?: string;
  /** Of an {@link AlertError} for fields: the rules, each with the first part of the field's path. */
  readonly violations?: readonly string[];
  readonly frames?: readonly string[];
  readonly cause?: LoggableError;
}

const namePattern = /^[A-Za-z_$][\w$]{0,63}$/;
const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/;
const headPattern = /^[\w$.[\] ]{0,100}$/;
const framePattern = /^ {4}at .*$/;
const maxFrames = 16;
const maxCauses = 3;

const property = (error: object, key: string): unknown => {
  try {
    return Reflect.get(error, key);
  } catch {
    return undefined;
  }
};

const codeOf = (error: object): string | number | undefined => {
  const code = property(error, 'code');
  if (typeof code === 'number' && Number.isInteger(code)) return code;
  return typeof code === 'string' && codePattern.test(code) ? code : undefined;
};

// A stack begins with name and message, and a message may look like a frame. So the message is cut out where it stands,
// and where it does not stand (it was changed after the error was made) nothing of the stack is safe.
const framesOf = (error: object): readonly string[] => {
  const stack = property(error, 'stack');
  const message = property(error, 'message');
  if (typeof stack !== 'string' || typeof message !== 'string') return [];
  const begin = message === '' ? stack.indexOf('\n') : stack.indexOf(message);
  if (begin < 0 || !headPattern.test(stack.slice(0, begin).replace(/: $/, ''))) return [];
  const [rest, ...frames] = stack.slice(begin + message.length).split('\n');
  if (rest !== '') return [];
  return frames
    .filter((line) => framePattern.test(line))
    .slice(0, maxFrames)
    .map((line) => line.slice(7));
};

// Parts of a path are keys of the reporter's metadata, which some use for values.
const violationsOf = (error: AlertError): readonly string[] =>
  error.violations.map(({ field, rule }) => `${field.split('.', 1)[0]}: ${rule}`);

/**
 * What may be logged of something thrown: of an {@link AlertError} code, message and frames; of any other error name,
 * code and frames, but never its message, which may hold a value of an alert, an address or a secret; of what is no
 * error at all, its type. Causes likewise.
 */
export const loggableError = (thrown: unknown, depth = 0): LoggableError => {
  if (typeof thrown !== 'object' || thrown === null) return { name: typeof thrown };
  const name = property(thrown, 'name');
  const code = codeOf(thrown);
  const frames = framesOf(thrown);
  const cause = property(thrown, 'cause');
  return {
    name: typeof name === 'string' && namePattern.test(name) ? name : 'Error',
    ...(code !== undefined && { code }),
    ...(thrown instanceof AlertError && saidBy(thrown)),
    ...(frames.length > 0 && { frames }),
    ...(cause instanceof Error && depth < maxCauses && { cause: loggableError(cause, depth + 1) }),
  };
};

const saidBy = (error: AlertError): Pick<LoggableError, 'message' | 'violations'> =>
  error.violations.length > 0 ? { violations: violationsOf(error) } : { message: error.message };
