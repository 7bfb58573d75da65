import type { ReportAlertRequest } from '@therapytrain/alerts-api';
import { chanceOf } from './chance.ts';

/** How large reports are: `mixed` is mostly small, `large` fills pages of the database fast. */
export type ReportSize = 'mixed' | 'large';

/** As whom the harness reports. */
export const source = 'torture';

const types = ['AUTH_FAILURE', 'UNUSUAL_ACCESS', 'DATA_VIOLATION', 'RATE_LIMIT_BREACH', 'SYSTEM_HEALTH'] as const;
const severities = [1, 2, 2, 3, 3, 3, 4, 4] as const;
const epoch = Date.parse('2026-01-01T00:00:00Z');
const words = ['login', 'refused', 'patient', 'Überlast', '警告', 'limit', 'naïve', 'session', '🔒', 'audit'] as const;

// Most fit many to a page of the database, some take a page or more each.
const wordsIn: Readonly<Record<ReportSize, readonly (readonly [least: number, most: number])[]>> = {
  mixed: [
    [1, 12],
    [1, 12],
    [1, 12],
    [20, 120],
    [1, 12],
    [1, 12],
    [1, 12],
    [300, 900],
  ],
  large: [[600, 900]],
};
const paddingKeys: Readonly<Record<ReportSize, number>> = { mixed: 0, large: 8 };
const padding = 'x'.repeat(900);

/**
 * What the report of a number says. The same seed and number always say the same, so the checker makes it again instead
 * of keeping it. The request id stands in `dedup_key` too: it is how a kept alert tells which report it came from.
 */
export const reportOf = (seed: number, number: number, requestId: string, size: ReportSize): ReportAlertRequest => {
  const chance = chanceOf(seed, 'report', number);
  const [least, most] = chance.pick(wordsIn[size]);
  const count = chance.between(least, most);
  const text = Array.from({ length: count }, () => chance.pick(words)).join(' ');
  return {
    requestId,
    type: chance.pick(types),
    severity: chance.pick(severities),
    message: `report ${number}: ${text}`,
    metadata: {
      number,
      shard: number % 8,
      userId: `user-${chance.between(1, 1_000)}`,
      flags: [true, null, count],
      ...Object.fromEntries(Array.from({ length: paddingKeys[size] }, (_, at) => [`padding${at}`, padding])),
    },
    occurredAt: new Date(epoch + number),
    dedupKey: requestId,
    traceParent: '',
  };
};
