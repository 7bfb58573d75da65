import { celMethod, type CelFunc, type CelValue } from '@bufbuild/cel';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { INT, STRING, TIMESTAMP } from './types.ts';

const DAY = 86_400_000;

const dayOfYear = (date: Date): number => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY);

/** The parts of a time that CEL names, read from a date whose UTC fields hold the wanted zone's clock. */
const PARTS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

/**
 * `occurred_at.getHours()` and its kin. The engine's own go through the process's time zone and are an hour
 * off in the gap of its summer time; and they build a formatter, some 50 µs, at each call.
 */
export const timeFunctions: readonly CelFunc[] = Object.entries(PARTS).flatMap(([name, part]) => [
  celMethod(name, TIMESTAMP, [], INT, function () {
    return BigInt(part(new Date(milliseconds(this))));
  }),
  celMethod(name, TIMESTAMP, [STRING], INT, function (zone) {
    const ms = milliseconds(this);
    return BigInt(part(new Date(ms + offsetOf(zone, ms))));
  }),
]);

const milliseconds = (time: CelValue<typeof TIMESTAMP>): number => timestampMs(time.message);

/** How far the zone's clock is ahead of UTC at that moment. Throws for an unknown zone. */
function offsetOf(zone: string, ms: number): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const field = Object.fromEntries(
    formatterOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATTERS = 64;

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const style = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const;
  const made = new Intl.DateTimeFormat('en-US', { ...style, hourCycle: 'h23', timeZone: zone });
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  formatters.set(zone, made);
  return made;
}
