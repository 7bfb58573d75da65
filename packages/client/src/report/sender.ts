import { AlertError, type AppendResult, type Clock, limits, type Millis, type Random } from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import type { AlertClientSettings } from '../options.ts';
import { meaning } from '../status.ts';
import { createAlarm } from './alarm.ts';
import { createLanes } from './lanes.ts';
import { createLedger, type Outgoing } from './outgoing.ts';
import { createPipeline } from './pipeline.ts';
import { createSecondTries } from './second-tries.ts';

/** Sends reports in as few messages as their number allows, and again where that is safe and may help. */
export interface Sender {
  /** Ends the report one way or the other, at the latest when it is due. */
  send(report: Outgoing): void;
  /** Forgets a report: it is told nothing more. It may have been sent. */
  forget(report: Outgoing): void;
  /** Resolves when no report is open. */
  idle(): Promise<void>;
  /** Lets go of the stream. Nothing may be open. */
  close(): Promise<void>;
}

/** What a sender needs. */
export interface SenderParts {
  readonly link: Link;
  readonly settings: Pick<AlertClientSettings, 'batch' | 'deadline' | 'retry'>;
  readonly clock: Clock;
  readonly random: Random;
}

// Tag and length of one report in a message; a length of up to 64 KiB takes three bytes.
const overhead = 4;

const late = (): AlertError => new AlertError('DEADLINE_EXCEEDED', meaning('DEADLINE_EXCEEDED'));

/** Makes a sender. It opens a stream when there is something to send. */
export const createSender = ({ link, settings, clock, random }: SenderParts): Sender => {
  const { deadline, batch } = settings;
  const stop = new AbortController();
  const { signal } = stop;
  const ledger = createLedger();
  const lanes = createLanes<Outgoing>(overhead);
  let planned = false;

  const plan = (): void => {
    if (planned) return;
    planned = true;
    // A lone report goes at once, and all that are made in one turn of the event loop go together.
    setImmediate(pump);
  };
  const pump = (): void => {
    planned = false;
    while (!tries.pausedFor() && pipeline.inFlight() < batch.maxBatches && lanes.size() > 0) {
      const reports = lanes.take(batch.maxAlerts, limits.batchBytes);
      if (reports.length === 0) return;
      for (const report of reports) report.tries--;
      pipeline.write(reports);
      alarm.set();
    }
  };
  const onAnswered = (reports: readonly Outgoing[], results: readonly AppendResult[]): void => {
    const refused: [Outgoing, AlertError][] = [];
    for (const [at, report] of reports.entries()) {
      const result = results[at];
      if (result instanceof AlertError) refused.push([report, result]);
      else if (result) ledger.settle(report, result);
    }
    tries.answered(results.length - refused.length);
    if (refused.length > 0) tries.refused(refused);
    if (lanes.size() > 0) plan();
  };
  const again = (reports: readonly Outgoing[]): void => {
    lanes.putBack(reports);
    plan();
  };
  // Ends every report that is due, and the stream if it hangs; tells when to look again.
  const endDue = (now: Millis): Millis | undefined => {
    const hangsAt = (pipeline.oldest() ?? Number.POSITIVE_INFINITY) + deadline;
    let next = hangsAt;
    const look = (report: Outgoing): void => {
      if (!report.open) return;
      if (report.due <= now) ledger.refuse(report, tries.pausedFor() ?? late(), false);
      else next = Math.min(next, report.due);
    };
    lanes.each(look);
    tries.each(look);
    pipeline.each(look);
    if (hangsAt <= now) {
      // The connection may be dead without knowing it; what is sent again should not go the same way.
      link.renew();
      pipeline.breakOff(late());
    }
    return ledger.open() > 0 || pipeline.inFlight() > 0 ? next : undefined;
  };

  const alarm = createAlarm(clock, deadline, endDue, signal);
  const tries = createSecondTries({ settings, clock, random, ledger, again, signal });
  const pipeline = createPipeline({
    link,
    clock,
    onAnswered,
    onOver: (unanswered, error) => (unanswered.length > 0 ? tries.unanswered(unanswered, error) : plan()),
  });
  return {
    send: (report) => {
      ledger.enter(report);
      lanes.put(report);
      const evicted = lanes.size() > batch.maxWaiting ? lanes.evict() : undefined;
      if (evicted) ledger.refuse(evicted, new AlertError('OVERLOADED', 'too many reports wait to be sent'), false);
      plan();
      alarm.set();
    },
    forget: ledger.forget,
    idle: ledger.idle,
    close: async () => {
      await pipeline.close();
      stop.abort();
    },
  };
};
