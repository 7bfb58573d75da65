import { context, isSpanContextValid, trace } from '@opentelemetry/api';
import pino, { type DestinationStream } from 'pino';
import { loggableError } from './loggable-error.ts';

/** How much is logged: everything from this level up. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/**
 * What may stand beside the text of a log line: this list and nothing else. There is no field for a message, metadata
 * or any other content of an alert, none for a peer's address and none for a header.
 */
export interface LogFields {
  /** What was thrown. Logged as name, code and stack; the message only of an `AlertError`. */
  readonly err?: unknown;
  /** Our own address: where we listen, what we connect to. */
  readonly address?: string;
  /** Our own directory or file. */
  readonly path?: string;
  readonly version?: string;
  /** Version of Node.js. */
  readonly node?: string;
  readonly signal?: string;
  /** Full name of an RPC. */
  readonly method?: string;
  /** A code of docs/errors.md, or the name of a gRPC status. */
  readonly code?: string;
  /** Why, in words of the program. */
  readonly reason?: string;
  readonly alertId?: string;
  readonly sequence?: number;
  readonly count?: number;
  readonly bytes?: number;
  /** Milliseconds. */
  readonly duration?: number;
  /** A public key of ours, as `<name>+<id>+<base64>`. */
  readonly verifierKey?: string;
}

const fieldNames = {
  address: true,
  path: true,
  version: true,
  node: true,
  signal: true,
  method: true,
  code: true,
  reason: true,
  alertId: true,
  sequence: true,
  count: true,
  bytes: true,
  duration: true,
  verifierKey: true,
} as const satisfies Record<keyof Omit<LogFields, 'err'>, true>;

const allowed = Object.keys(fieldNames) as readonly (keyof typeof fieldNames)[];

/** Writes one line of JSON. The text is a constant of the program: what varies belongs into a field. */
export type WriteLog = (fields: LogFields, text: string) => void;

/** Writes JSON lines with time, level and, where a span is active, its trace and span id. */
export interface Logger {
  readonly trace: WriteLog;
  readonly debug: WriteLog;
  readonly info: WriteLog;
  readonly warn: WriteLog;
  readonly error: WriteLog;
  readonly fatal: WriteLog;
}

/** Options of a logger. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines go; the standard output if left out. */
  readonly destination?: DestinationStream;
}

const maxText = 512;

// JSON escapes the controls of C0. A terminal also obeys those of C1, and text that turns the direction of writing can
// make a line read as another.
const unprintable = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

const printable = (text: string): string =>
  text
    .slice(0, maxText)
    .replace(unprintable, (each) => `\\u${(each.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

const activeSpan = (): object => {
  const span = trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
};

const pick = (fields: LogFields): Record<string, unknown> => {
  const picked: Record<string, unknown> = {};
  for (const name of allowed) {
    const value: unknown = fields[name];
    if (typeof value === 'string') picked[name] = printable(value);
    else if (typeof value === 'number' || typeof value === 'boolean') picked[name] = value;
  }
  if (fields.err !== undefined) picked['err'] = loggableError(fields.err);
  return picked;
};

/** Makes a logger. Lines are written before the call returns, so none is lost when the process ends. */
export const createLogger = ({ level, destination }: LoggerOptions): Logger => {
  const sink = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: activeSpan,
      // Ours is made already; the default would look for a message to copy.
      serializers: { err: (error: unknown) => error },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
  const write =
    (at: Exclude<LogLevel, 'silent'>): WriteLog =>
    (fields, text) => {
      if (sink.isLevelEnabled(at)) sink[at](pick(fields), printable(text));
    };
  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
  };
};
