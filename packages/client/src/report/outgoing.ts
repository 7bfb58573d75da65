import type { AlertError, Millis, Receipt } from '@therapytrain/alerts-core';
import type { Waiting } from './lanes.ts';

/** One report on its way to the gateway. */
export interface Outgoing extends Waiting {
  /** Monotonic time at which it is given up. */
  readonly due: Millis;
  /** How often it may still be sent. */
  tries: number;
  /** True until it has ended. */
  open: boolean;
  resolve(receipt: Receipt): void;
  /** `answered` is true where the gateway said this of the very report. */
  reject(error: AlertError, answered: boolean): void;
}

/** Knows which reports are open, and tells each how it ended, once. */
export interface Ledger {
  enter(report: Outgoing): void;
  settle(report: Outgoing, receipt: Receipt): void;
  refuse(report: Outgoing, error: AlertError, answered: boolean): void;
  /** Ends a report without telling it. */
  forget(report: Outgoing): void;
  open(): number;
  /** Resolves when no report is open. */
  idle(): Promise<void>;
}

/** Makes an empty ledger. */
export const createLedger = (): Ledger => {
  const idlers: (() => void)[] = [];
  let open = 0;
  const end = (report: Outgoing): boolean => {
    if (!report.open) return false;
    report.open = false;
    if (--open === 0) for (const idler of idlers.splice(0)) idler();
    return true;
  };
  return {
    enter: () => void open++,
    settle: (report, receipt) => {
      if (end(report)) report.resolve(receipt);
    },
    refuse: (report, error, answered) => {
      if (end(report)) report.reject(error, answered);
    },
    forget: (report) => void end(report),
    open: () => open,
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve))),
  };
};
