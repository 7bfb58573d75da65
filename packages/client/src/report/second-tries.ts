import {
  type AlertError,
  type Clock,
  type Millis,
  type Random,
  createBackoff,
  spread,
} from '@therapytrain/alerts-core';
import type { AlertClientSettings } from '../options.ts';
import { mayRetry } from '../status.ts';
import { createRetryBudget } from '../retry.ts';
import type { Ledger, Outgoing } from './outgoing.ts';

/** Decides which reports are sent again, and when. */
export interface SecondTries {
  /** Why nothing is to be sent at the moment; undefined if something may be. */
  pausedFor(): AlertError | undefined;
  /** The gateway answered, and kept so many. */
  answered(kept: number): void;
  /** The gateway refused these reports, each for its reason. */
  refused(reports: readonly (readonly [Outgoing, AlertError])[]): void;
  /** The stream broke before these reports were answered. */
  unanswered(reports: readonly Outgoing[], error: AlertError): void;
  /** All that wait for their second try. */
  each(visit: (report: Outgoing) => void): void;
}

/** What second tries need. */
export interface SecondTriesParts {
  readonly settings: Pick<AlertClientSettings, 'batch' | 'retry'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  /** Takes reports that may go now, before all others; called with none when a pause is over. */
  readonly again: (reports: readonly Outgoing[]) => void;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

const leastCapacity = 100;

/** Makes the decision from what the errors say, the tries and the time that each report has left, and the budget. */
export const createSecondTries = (parts: SecondTriesParts): SecondTries => {
  const { settings, clock, random, ledger, again, signal } = parts;
  const backoff = createBackoff(settings.retry, random);
  // A break of a full pipeline may always be followed by one more try of all that was in it, and then by another.
  const capacity = Math.max(leastCapacity, 2 * settings.batch.maxAlerts * settings.batch.maxBatches);
  const budget = createRetryBudget({ ratio: settings.retry.budgetRatio, capacity });
  const waiting = new Set<readonly Outgoing[]>();
  let failures = 0;
  let pausedFor: AlertError | undefined;

  const after = (span: Millis, then: () => void): void => void clock.sleep(span, signal).then(then, () => {});
  const allows = (report: Outgoing, error: AlertError, wait: Millis): boolean =>
    report.open && report.tries > 0 && mayRetry(error) && clock.monotonic() + wait < report.due && budget.spend();

  return {
    pausedFor: () => pausedFor,
    answered: (kept) => {
      failures = 0;
      budget.earn(kept);
    },
    refused: (reports) => {
      const asked = Math.max(0, ...reports.map(([, { retryAfter }]) => retryAfter ?? 0));
      const wait = asked > 0 ? spread(asked, random) : backoff(1);
      // They wait together, as long as the one that was told to wait longest.
      const group: Outgoing[] = [];
      for (const [report, error] of reports) {
        if (allows(report, error, wait)) group.push(report);
        else ledger.refuse(report, error, true);
      }
      if (group.length === 0) return;
      waiting.add(group);
      after(wait, () => {
        waiting.delete(group);
        again(group);
      });
    },
    unanswered: (reports, error) => {
      failures++;
      const wait = error.retryAfter === undefined ? backoff(failures) : spread(error.retryAfter, random);
      const group: Outgoing[] = [];
      for (const report of reports) {
        if (allows(report, error, wait)) group.push(report);
        else ledger.refuse(report, error, false);
      }
      if (mayRetry(error)) {
        pausedFor = error;
        after(wait, () => {
          pausedFor = undefined;
          again([]);
        });
      }
      again(group);
    },
    each: (visit) => {
      for (const group of waiting) group.forEach(visit);
    },
  };
};
