import { z } from 'zod';
import { expression, name } from './fields.ts';
import { hasOffset, isTimeZone, localText, weekdays, type Window } from './window.ts';

const anywhere = { offset: true, local: true } as const;
const instant = () =>
  z.union(
    [z.iso.datetime(anywhere), z.iso.datetime({ ...anywhere, precision: -1 })],
    'is not a time such as 2026-12-01T22:00Z, or 2026-12-01T22:00 in the time of `time_zone`',
  );

const ofDay = (pattern: RegExp) => z.string().regex(pattern, "is not a time of a day such as '22:00'");

const every = z.strictObject({
  days: z
    .array(z.enum(weekdays))
    .min(1, 'names no day')
    .default([...weekdays])
    .describe('On which days it begins.'),
  from: ofDay(/^(?:[01]\d|2[0-3]):[0-5]\d$/).describe("When it begins: '22:00'."),
  until: ofDay(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/).describe(
    "When it ends: '04:00'; on the next day if that is not after the beginning.",
  ),
});

type Report = (field: string, message: string) => void;

const checkSpan = ({ from, until, time_zone: zone }: Window, report: Report): void => {
  if (from === undefined && until === undefined) return;
  if (from === undefined) return report('from', 'is missing beside until');
  if (until === undefined) return report('until', 'is missing: what has no end would hide alerts for ever');
  for (const [field, time] of Object.entries({ from, until })) {
    if (!hasOffset(time) && zone === undefined) report(field, 'needs an offset such as Z, or `time_zone` beside it');
  }
  if (hasOffset(from) !== hasOffset(until)) return report('until', 'needs an offset just if `from` has one');
  const later = hasOffset(from) ? Date.parse(from) < Date.parse(until) : localText(from) < localText(until);
  if (!later) report('until', 'is not after from');
};

const check = (window: Window, report: Report): void => {
  const { from, until, every: days, time_zone: zone } = window;
  if (!days && from === undefined && until === undefined) report('from', 'is missing, and `every` is too');
  if (days && zone === undefined) report('time_zone', 'is missing: `every` is in the time of a place');
  if (days && days.from === days.until) report('every', 'ends when it begins; a whole day is from 00:00 until 24:00');
  checkSpan(window, report);
};

/** A time in which something is not told. */
export const maintenance = z
  .strictObject({
    name: name().describe('What it is called in the audit.'),
    when: expression().describe('What is not told, in CEL.'),
    time_zone: z
      .string()
      .refine(isTimeZone, 'is not the name of a time zone, such as Europe/Berlin')
      .optional()
      .describe('Where the clock hangs, such as Europe/Berlin. Needed by `every` and by times without an offset.'),
    from: instant().optional().describe('When it begins: 2026-12-01T22:00Z, or 2026-12-01T22:00 in `time_zone`.'),
    until: instant().optional().describe('When it ends.'),
    every: every
      .optional()
      .describe('On which days and when, again and again; within `from` and `until` if they are given.'),
  })
  .superRefine((window, context) => {
    check(window, (field, message) => context.addIssue({ code: 'custom', path: [field], message }));
  })
  .describe('A time in which something is not told.');
