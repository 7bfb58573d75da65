import { type Instant } from '@therapytrain/alerts-core';
import { daysIn, instantOf } from '../instant.ts';
import { type FormatFacts } from './format.ts';

/** A line of a system log. */
export interface SyslogLine {
  readonly occurredAt: Instant;
  readonly host: string;
  readonly program: string;
  readonly message: string;
}

/** Reads the lines of one log, in their order. Undefined for what is not a line of a system log. */
export type ReadSyslog = (line: string) => SyslogLine | undefined;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// RFC 3164 and 5424 put a priority in front when they travel.
const classic =
  /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\S+) ([^\s[:]+)(?:\[\d+\])?: ?(.*)$/s;
const iso = /^(?:<\d{1,3}>)?(\d{4}-\d{2}-\d{2}T\S+) (\S+) ([^\s[:]+)(?:\[\d+\])?: ?(.*)$/s;
const rfc5424 = /^(?:<\d{1,3}>)?1 (\d{4}-\d{2}-\d{2}T\S+) (\S+) (\S+) \S+ \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?(.*)$/s;

/** A date and a time of day, without a year. The month counts from 0. */
interface Stamp {
  readonly month: number;
  readonly day: number;
  readonly time: readonly [hour: number, minute: number, second: number];
}

const stampOf = (match: readonly (string | undefined)[]): Stamp | undefined => {
  const [month = '', day, hour, minute, second] = match;
  const stamp: Stamp = {
    month: months.indexOf(month),
    day: Number(day),
    time: [Number(hour), Number(minute), Number(second)],
  };
  const exists = stamp.month >= 0 && stamp.day >= 1 && stamp.time[0] < 24 && stamp.time[1] < 60 && stamp.time[2] <= 60;
  return exists ? stamp : undefined;
};

const inYear = (year: number, { month, day, time }: Stamp, utc: boolean): Instant | undefined => {
  if (day > daysIn(year, month + 1)) return undefined;
  return utc ? Date.UTC(year, month, day, ...time) : new Date(year, month, day, ...time).getTime();
};

const day = 86_400_000;
const leapYears = 8;

/** The last year in which the date was and was not yet to come; a day is allowed for clocks and zones. */
const lastTime = (stamp: Stamp, now: Instant, utc: boolean): Instant | undefined => {
  const thisYear = new Date(now).getFullYear();
  for (let year = thisYear + 1; year >= thisYear - leapYears; year--) {
    const instant = inYear(year, stamp, utc);
    if (instant !== undefined && instant <= now + day) return instant;
  }
  return undefined;
};

/** Counts the years of a log that begins in a year: it goes on where January follows December, and back again. */
const createYears = (first: number) => {
  let year = first;
  let before: number | undefined;
  return (month: number): number => {
    if (before === 11 && month === 0) year++;
    else if (before === 0 && month === 11 && year > first) year--;
    before = month;
    return year;
  };
};

/** Reads system logs with classic (`Dec 10 06:55:46`), ISO and RFC 5424 times. */
export const createSyslog = ({ now, year, utc = false }: FormatFacts): ReadSyslog => {
  const yearOf = year === undefined ? undefined : createYears(year);
  const instantIn = (stamp: Stamp): Instant | undefined =>
    yearOf ? inYear(yearOf(stamp.month), stamp, utc) : lastTime(stamp, now, utc);
  const readClassic = (line: string): SyslogLine | undefined => {
    const match = classic.exec(line);
    const stamp = match && stampOf(match.slice(1));
    const occurredAt = stamp ? instantIn(stamp) : undefined;
    if (!match || occurredAt === undefined) return undefined;
    const [host = '', program = '', message = ''] = match.slice(6);
    return { occurredAt, host, program, message };
  };
  const readDated = (line: string): SyslogLine | undefined => {
    const [, time = '', host = '', program = '', message = ''] = rfc5424.exec(line) ?? iso.exec(line) ?? [];
    const occurredAt = instantOf(time);
    return occurredAt === undefined ? undefined : { occurredAt, host, program, message };
  };
  return (line) => readClassic(line) ?? readDated(line);
};
