import { type AppendResult, type KeptAlert, withSequence } from '@therapytrain/alerts-core';
import type { Commit } from './batches.ts';
import type { Appended } from './messages.ts';
import { reused } from './refusals.ts';

/** Answers each call of a commit with the results of its own alerts, in their order. */
export const answerCalls = ({ calls }: Commit, { next, known }: Appended): void => {
  let sequence = next;
  let at = 0;
  let passed = 0;
  for (const { alerts, resolve } of calls) {
    const results: AppendResult[] = [];
    for (const { alert } of alerts) {
      const report = known[passed];
      if (report?.at === at++) {
        passed++;
        results.push(report.first ? { ...report.first, duplicate: true } : reused());
      } else results.push({ alertId: alert.id, sequence: sequence++, duplicate: false });
    }
    resolve(results);
  }
};

/** What a commit added to the log. */
export const addedBy = ({ calls }: Commit, { next, known }: Appended): KeptAlert[] => {
  const added: KeptAlert[] = [];
  let at = 0;
  let passed = 0;
  for (const { alerts } of calls) {
    for (const { encoded } of alerts) {
      if (known[passed]?.at === at++) {
        passed++;
        continue;
      }
      const sequence = next + added.length;
      added.push({ sequence, encoded: withSequence(encoded, sequence) });
    }
  }
  return added;
};
