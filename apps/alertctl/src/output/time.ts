import { type Instant } from '@therapytrain/alerts-core';

const units = [
  ['y', 365 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** How long ago, in its greatest unit: `3m`, `5h`, `2d`; `0s` for less than a second, `-3m` for what is to come. */
export const age = (instant: Instant, now: Instant): string => {
  const span = Math.abs(now - instant);
  const sign = instant > now ? '-' : '';
  for (const [unit, millis] of units) {
    if (span >= millis) return `${sign}${Math.floor(span / millis)}${unit}`;
  }
  return '0s';
};

/** When it was or will be, for a sentence: `3m ago`, `in 2h`. */
export const fromNow = (instant: Instant, now: Instant): string =>
  instant > now ? `in ${age(now, instant)}` : `${age(instant, now)} ago`;

const two = (number: number): string => String(number).padStart(2, '0');

/** Local time to the second, `2026-11-24 07:12:03`, as a person reads it beside a clock. */
export const localTime = (instant: Instant): string => {
  const at = new Date(instant);
  const day = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};

/** RFC 3339 in UTC with milliseconds, for programs. */
export const rfc3339 = (instant: Instant): string => new Date(instant).toISOString();

/** As {@link rfc3339}; null where there is none. */
export const optionalTime = (instant: Instant | undefined): string | null =>
  instant === undefined ? null : rfc3339(instant);
