import { type AlertError, decodeReport, type Ports, createBackoff } from '@therapytrain/alerts-core';
import type { AlertClientSettings } from '../options.ts';
import type { AlertClientParts, SpooledReport } from '../parts.ts';
import type { Sender } from '../report/sender.ts';
import type { Shelter } from '../report/report.ts';
import { createDrain } from './drain.ts';
import type { SpooledRow } from './messages.ts';
import { createSpool } from './spool.ts';

/** A spool that empties itself when the gateway is there. */
export interface Spooling {
  readonly shelter: Shelter;
  /**
   * What a report has to wait for; undefined once it need not. Rejects for ever with `STORE_LOCKED` if another client
   * has the spool. One that is broken keeps no report from going to the gateway; what it should keep is refused.
   */
  gate(): Promise<void> | undefined;
  /** Resolves when it is open; rejects if it cannot be opened. */
  ready(): Promise<void>;
  size(): number;
  /** Stops sending. Reports may still be put. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** What spooling needs. */
export interface SpoolingParts {
  readonly options: NonNullable<AlertClientSettings['spool']>;
  readonly settings: AlertClientSettings;
  readonly sender: Sender;
  readonly ports: Ports;
  readonly listeners: Pick<AlertClientParts, 'onDropped' | 'onRefused'>;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

const drainAtOnce = 1_024;

const spooledReport = ({ encoded }: SpooledRow): SpooledReport => {
  const draft = decodeReport(encoded);
  return { requestId: draft.requestId ?? '', draft };
};

const tell = (listener: () => void): void => {
  try {
    listener();
  } catch {
    // Whoever listens must not be able to cause a failure.
  }
};

/** Opens the spool, and begins to send what is in it. */
export const createSpooling = (parts: SpoolingParts): Spooling => {
  const { settings, sender, ports, listeners, signal } = parts;
  const spool = createSpool(parts.options, (row) => tell(() => listeners.onDropped?.(spooledReport(row))));
  const drain = createDrain({
    spool,
    sender,
    clock: ports.clock,
    random: ports.random,
    backoff: createBackoff(settings.retry, ports.random),
    maxCount: Math.max(1, Math.min(drainAtOnce, Math.floor(settings.batch.maxWaiting / 2))),
    onRefused: (row, error) => tell(() => listeners.onRefused?.(spooledReport(row), error)),
    signal,
  });
  const opened = spool.ready().then(drain.wake);
  let gate: Promise<void> | undefined = opened.then(
    () => void (gate = undefined),
    (error: AlertError) => {
      if (error.code === 'STORE_LOCKED') throw error;
      gate = undefined;
    },
  );
  // Whoever waits for it is told; nobody has to.
  gate.catch(() => {});
  return {
    shelter: drain,
    gate: () => gate,
    ready: () => opened,
    size: spool.size,
    stop: drain.stop,
    close: spool.close,
  };
};
