import { type Millis } from '@therapytrain/alerts-core';
import { aligned } from '../output/alerts.ts';
import { type Paint } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { type ImportCounts } from './run.ts';

/** What an import ended with. */
export interface ImportResult {
  readonly counts: ImportCounts;
  readonly elapsed: Millis;
  readonly dryRun: boolean;
  /** False where it was stopped, or the gateway did not come back. */
  readonly complete: boolean;
  /** The first bad and refused lines. */
  readonly badLines: readonly { readonly line: number; readonly reason: string }[];
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((all, each) => all + each, 0);

/** The alerts of which no receipt came. */
export const unanswered = ({ alerts, kept, duplicate, refused }: ImportCounts): number =>
  alerts - kept - duplicate - refused;

const mostFirst = (counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...counts].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));

const breakdown = (counts: ReadonlyMap<string, number>): string =>
  mostFirst(counts)
    .map(([name, count]) => `${count} ${safeLine(name)}`)
    .join(', ');

const withBreakdown = (total: number, counts: ReadonlyMap<string, number>): string =>
  counts.size === 0 ? String(total) : `${total}  (${breakdown(counts)})`;

/** The summary for a person. Its figures add up: lines are alerts, skipped or bad; alerts kept, duplicate or refused. */
export const summaryLines = ({ counts, elapsed, dryRun }: ImportResult, paint: Paint): readonly string[] => {
  const { lines, alerts, kept, duplicate, refused, bad } = counts;
  const seconds = elapsed / 1000;
  const lost = unanswered(counts);
  return aligned(
    [
      ['Lines', String(lines)],
      ['Alerts', withBreakdown(alerts, counts.byType)],
      ...(dryRun
        ? []
        : ([
            ['Kept', paint('green', String(kept))],
            ['Duplicate', String(duplicate)],
            ...(refused > 0 ? [['Refused', paint('red', String(refused))] as const] : []),
            ...(lost > 0 ? [['Not answered', paint('yellow', String(lost))] as const] : []),
          ] as const)),
      ['Skipped', withBreakdown(sum(counts.skipped), counts.skipped)],
      ['Bad', bad > 0 ? paint('red', String(bad)) : '0'],
      ['Time', `${seconds.toFixed(1)} s, ${Math.round(alerts / Math.max(seconds, 0.001))} alerts/s`],
    ],
    paint,
  );
};

/** The summary for a program. */
export const summaryJson = ({ counts, elapsed, dryRun, complete, badLines }: ImportResult) => ({
  complete,
  dryRun,
  lines: counts.lines,
  alerts: counts.alerts,
  kept: counts.kept,
  duplicate: counts.duplicate,
  refused: counts.refused,
  notAnswered: dryRun ? 0 : unanswered(counts),
  skipped: sum(counts.skipped),
  bad: counts.bad,
  alertsByType: Object.fromEntries(mostFirst(counts.byType)),
  skippedByKind: Object.fromEntries(mostFirst(counts.skipped)),
  badLines,
  seconds: elapsed / 1000,
});
