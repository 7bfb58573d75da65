import type { Instant, Millis } from '@therapytrain/alerts-core';

/** The longest wait that is taken from a peer. */
export const longestRetryAfter: Millis = 3_600_000;

const clamped = (span: Millis): Millis => Math.min(Math.max(0, span), longestRetryAfter);

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthNames = months.join('|');
const time = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
// IMF-fixdate, RFC 850 and asctime, in the order of RFC 9110 §5.6.7.
const forms = [
  `[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>${monthNames}) (?<year>\\d{4}) ${time} GMT`,
  `[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>${monthNames})-(?<year>\\d{2}) ${time} GMT`,
  `[A-Z][a-z]{2} (?<month>${monthNames}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

// A year of two digits is the latest one that is not more than 50 years ahead.
const fullYear = (digits: string, now: Instant): number => {
  if (digits.length === 4) return Number(digits);
  const latest = new Date(now).getUTCFullYear() + 50;
  return latest - ((((latest - Number(digits)) % 100) + 100) % 100);
};

/** Reads an HTTP-date (RFC 9110 §5.6.7, all three forms); undefined for anything else. */
export const httpDate = (text: string, now: Instant): Instant | undefined => {
  for (const form of forms) {
    const { groups } = form.exec(text) ?? {};
    if (!groups) continue;
    const { year = '', month = '', day = '', hour, minute, second } = groups;
    return Date.UTC(
      fullYear(year, now),
      months.indexOf(month),
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    );
  }
  return undefined;
};

/**
 * How long a peer asks to wait by its header `Retry-After` (RFC 9110 §10.2.3), in milliseconds between 0 and an hour;
 * undefined if it cannot be read. A date is measured from the peer's own `Date`, where there is one, so that neither
 * clock needs to be right; else from `now`.
 */
export const retryAfter = (value: string | undefined, now: Instant, date?: string): Millis | undefined => {
  const text = value?.trim() ?? '';
  if (/^\d{1,20}$/.test(text)) return clamped(Number(text) * 1_000);
  const until = httpDate(text, now);
  if (until === undefined) return undefined;
  return clamped(until - (httpDate(date?.trim() ?? '', now) ?? now));
};
