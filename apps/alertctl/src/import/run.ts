import {
  type AlertDraft,
  AlertError,
  type Clock,
  type Millis,
  type Receipt,
  severityName,
} from '@therapytrain/alerts-core';
import { type ImportedLine, type ImportFormat } from './format.ts';
import { type Line, lineLimit } from './lines.ts';
import { type RequestIds } from './request-id.ts';

/** What an import is made of. */
export interface ImportParts {
  /** Opens the file; reading ends, with or without an error, when the signal is aborted. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Line>;
  readonly format: ImportFormat;
  readonly requestIds: RequestIds;
  /** Keeps an alert; undefined to keep none, and only look. Rejects with an `AlertError` for a draft that is refused. */
  readonly report: ((draft: AlertDraft) => Promise<Receipt>) | undefined;
  readonly clock: Clock;
  /** Most alerts a second; as fast as the gateway keeps them, if undefined. */
  readonly rate?: number | undefined;
  /** Most reports that wait for their receipt. */
  readonly inFlight: number;
  /** Stops reading; what was sent is still waited for. */
  readonly signal: AbortSignal;
  /** Told of each line that is bad or refused, and why; the reason holds nothing of the line. */
  readonly onBad: (line: number, reason: string) => void;
}

/**
 * How far an import is, and in the end what became of it: each line is an alert, skipped or bad, and each alert kept,
 * a duplicate, refused or (after a stop) not known to be kept. Only {@link runImport} changes it.
 */
export interface ImportCounts {
  lines: number;
  /** Bytes of the file up to the end of the last line read. */
  bytes: number;
  alerts: number;
  kept: number;
  /** Kept by an import before. */
  duplicate: number;
  /** Refused by the gateway. */
  refused: number;
  /** Lines that cannot be read. */
  bad: number;
  /** By kind of line. */
  readonly skipped: Map<string, number>;
  /** Alerts by type and severity. */
  readonly byType: Map<string, number>;
}

/** Counts at nothing. */
export const createCounts = (): ImportCounts => ({
  lines: 0,
  bytes: 0,
  alerts: 0,
  kept: 0,
  duplicate: 0,
  refused: 0,
  bad: 0,
  skipped: new Map(),
  byType: new Map(),
});

/**
 * Reads lines and reports their alerts, many at once, as fast as they are kept and no faster; a bad line does not stop
 * the rest. Resolves when all is read, or the signal has stopped it, and every report has its answer. Rejects with the
 * first failure that is not a single line's.
 */
export const runImport = async (parts: ImportParts, counts: ImportCounts): Promise<void> => {
  const failed = new AbortController();
  const signal = AbortSignal.any([parts.signal, failed.signal]);
  const send = createSender(parts, counts, signal, (error) => failed.abort(error));
  try {
    for await (const line of parts.open(signal)) {
      if (signal.aborted) break;
      const draft = readLine(line, parts, counts);
      if (draft) await send.next(line.number, draft);
    }
  } catch (error) {
    // What stops the reading ends it by an error of its own.
    if (!signal.aborted) failed.abort(error);
  }
  await send.drain();
  if (failed.signal.aborted && !parts.signal.aborted) throw failed.signal.reason;
};

/** Sends what is due, so many at once. */
const createSender = (
  parts: ImportParts,
  counts: ImportCounts,
  signal: AbortSignal,
  fail: (error: unknown) => void,
) => {
  const slots = createSlots(parts.inFlight);
  const pace = createPace(parts, signal);
  const send = async (line: number, answer: Promise<Receipt>): Promise<void> => {
    try {
      const { duplicate } = await answer;
      counts[duplicate ? 'duplicate' : 'kept']++;
    } catch (error) {
      if (!(error instanceof AlertError) || error.retryable) return fail(error);
      counts.refused++;
      parts.onBad(line, `was refused (${error.code}): ${error.message}`);
    } finally {
      slots.release();
    }
  };
  return {
    next: async (line: number, draft: AlertDraft): Promise<void> => {
      if (!parts.report) return;
      await pace();
      await slots.acquire();
      if (signal.aborted) slots.release();
      else void send(line, parts.report(draft));
    },
    drain: slots.drain,
  };
};

/** What is to be sent of a line; undefined if nothing is. */
const readLine = (line: Line, parts: ImportParts, counts: ImportCounts): AlertDraft | undefined => {
  counts.lines = line.number;
  counts.bytes = line.end;
  const read = interpret(line, parts.format);
  switch (read.kind) {
    case 'bad':
      counts.bad++;
      parts.onBad(line.number, read.reason);
      return undefined;
    case 'skipped':
      increment(counts.skipped, read.reason);
      return undefined;
    case 'alert':
      counts.alerts++;
      increment(counts.byType, `${read.draft.type} ${severityText(read.draft)}`);
      return identified(line, read, parts);
  }
};

const severityText = ({ severity }: AlertDraft): string =>
  severity === undefined ? "(the type's default)" : severityName(severity);

const interpret = ({ text, isUtf8 }: Line, format: ImportFormat): ImportedLine => {
  if (text === undefined) return { kind: 'bad', reason: `is longer than ${lineLimit} bytes` };
  // A log may quote what an attacker sent, in any bytes; the other formats are UTF-8 by definition.
  if (!isUtf8 && format.name !== 'sshd') return { kind: 'bad', reason: 'is not UTF-8' };
  return format.read(text);
};

const identified = (line: Line, { draft, name }: ImportedLine & { kind: 'alert' }, parts: ImportParts): AlertDraft => {
  if (draft.requestId !== undefined) return draft;
  const { requestIds } = parts;
  const requestId =
    name === undefined
      ? requestIds.ofLine(line.text ?? '', draft.occurredAt)
      : requestIds.ofName(name, draft.occurredAt);
  return { ...draft, requestId };
};

const increment = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** So many may be under way at once. */
const createSlots = (most: number) => {
  let free = most;
  let waiting: (() => void) | undefined;
  return {
    acquire: async (): Promise<void> => {
      if (free === 0) await new Promise<void>((resolve) => (waiting = resolve));
      free--;
    },
    release: (): void => {
      free++;
      waiting?.();
      waiting = undefined;
    },
    drain: async (): Promise<void> => {
      while (free < most) await new Promise<void>((resolve) => (waiting = resolve));
    },
  };
};

/** Waits until the next alert is due. */
const createPace = ({ rate, clock }: ImportParts, signal: AbortSignal): (() => Promise<void>) => {
  if (rate === undefined) return () => Promise.resolve();
  const gap: Millis = 1000 / rate;
  let due = clock.monotonic();
  return async () => {
    const now = clock.monotonic();
    // What was missed while the gateway was away is not made up for in a burst.
    due = Math.max(due, now - gap);
    if (due > now) await clock.sleep(due - now, signal);
    due += gap;
  };
};
