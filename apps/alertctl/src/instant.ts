import { type Instant } from '@therapytrain/alerts-core';

const pattern = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(?:([Zz])|([+-]\d{2}):?(\d{2}))$/;

/**
 * Reads an RFC 3339 time, also with a space for `T` or an offset without colon; what is finer than a millisecond is cut
 * off. Undefined for any other text and for days that do not exist.
 */
export const instantOf = (text: string): Instant | undefined => {
  const [, year, month, day, time, fraction = '', zulu, hours, minutes] = pattern.exec(text) ?? [];
  if (time === undefined || Number(day) > daysIn(Number(year), Number(month))) return undefined;
  const zone = zulu ? 'Z' : `${hours}:${minutes}`;
  const instant = Date.parse(`${year}-${month}-${day}T${time}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(instant) ? undefined : instant;
};

/** How many days a month of a year has; the month from 1. */
export const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
