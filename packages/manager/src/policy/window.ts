import type { Instant } from '@therapytrain/alerts-core';

/** The days of a week, as a policy names them. */
export const weekdays = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

/** One of them. */
export type Weekday = (typeof weekdays)[number];

/** When something is held: within a span, on days of the week, or on those days within that span. */
export interface Window {
  readonly time_zone?: string | undefined;
  /** With its offset from UTC, or without one in the time of the zone. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly every?: { readonly days: readonly Weekday[]; readonly from: string; readonly until: string } | undefined;
}

/** True for the name of a time zone that the machine knows, such as Europe/Berlin. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // The engine takes offsets too, which know no summer time.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
};

/** True for a time of a day that bears its own offset from UTC. */
export const hasOffset = (time: string): boolean => /(?:Z|[+-]\d\d:?\d\d)$/.test(time);

/** A time without an offset, so that texts of this form are in the order of the times. */
export const localText = (time: string): string => (time.length === 16 ? `${time}:00` : time);

/** What a clock on the wall shows. */
interface WallTime {
  readonly day: Weekday;
  readonly time: string;
  /** `2026-12-01T22:00:00` */
  readonly text: string;
}

// Clocks are compared as they hang on the wall, so no time is ever turned from one zone into another.
const wallClock = (timeZone: string): ((at: Instant) => WallTime) => {
  const digits = '2-digit';
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
  });
  return (at) => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const time = `${part['hour']}:${part['minute']}`;
    return {
      day: weekdays.find((day) => day === part['weekday']?.toUpperCase()) ?? 'MON',
      time,
      text: `${part['year']}-${part['month']}-${part['day']}T${time}:${part['second']}`,
    };
  };
};

const dayBefore = (day: Weekday): Weekday => weekdays[(weekdays.indexOf(day) + 6) % 7] ?? 'MON';

const onDays = ({ days, from, until }: NonNullable<Window['every']>, { day, time }: WallTime): boolean => {
  if (from < until) return days.includes(day) && from <= time && time < until;
  // Over midnight: what began yesterday goes on this morning.
  return (days.includes(day) && from <= time) || (days.includes(dayBefore(day)) && time < until);
};

/** Makes the question whether a window covers a time. The window keeps the policy's schema. */
export const createWindow = ({ time_zone: zone = 'UTC', from, until, every }: Window): ((at: Instant) => boolean) => {
  const clock = wallClock(zone);
  const reached = (time: string, at: Instant, wall: WallTime): boolean =>
    hasOffset(time) ? Date.parse(time) <= at : localText(time) <= wall.text;
  return (at) => {
    const wall = clock(at);
    if (from !== undefined && !reached(from, at, wall)) return false;
    if (until !== undefined && reached(until, at, wall)) return false;
    return every === undefined || onDays(every, wall);
  };
};
