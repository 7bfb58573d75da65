import type { Instant, Millis } from '@therapytrain/alerts-core';
import type { Detection } from '../policy/detection.ts';
import { heldAt } from './condition.ts';
import { byTime, type Entry, type Firing, type WindowState } from './window-state.ts';

/** What became of a window when an alert came. */
export interface Fill {
  readonly after: WindowState;
  /** The alerts that meet the condition, in their order; undefined where it is not met. */
  readonly stood: readonly Entry[] | undefined;
}

/**
 * True for what nothing that may still come needs: it lies behind the alert by its own time and by the time it was
 * received. By both, because either clock may be wrong: one alert of a reporter that is years ahead, or one jump of our
 * clock, makes nobody forget.
 */
const isPast = (each: Firing, { at, received }: Entry, span: Millis): boolean =>
  at - each.at > span && received - each.received > span;

/** How far its own time is from ours: little for an honest clock. */
const skewOf = ({ at, received }: Firing): Millis => Math.abs(received - at);

/** How long a firing is remembered: for as long as an alert may come that it covers. */
const firingSpan = ({ lateWithin, coolDown }: Detection): Millis => lateWithin + coolDown;

/** How long an entry is remembered: for as long as an alert may come that shares a window with it. */
const entrySpan = ({ lateWithin, within }: Detection): Millis => lateWithin + within;

/**
 * No more than so many. Those whose time is further from ours than an alert may be late go first, the furthest before
 * others, so that a reporter with a wrong clock pushes nobody else out; then the oldest.
 */
const bounded = <T extends Firing>(list: readonly T[], most: number, detection: Detection): readonly T[] => {
  if (list.length <= most) return list;
  const isFar = (each: Firing): boolean => skewOf(each) > entrySpan(detection);
  const worse = (one: T, other: T): number =>
    Number(isFar(other)) - Number(isFar(one)) || (isFar(one) ? skewOf(other) - skewOf(one) : one.at - other.at);
  const gone = new Set([...list].sort(worse).slice(0, list.length - most));
  return list.filter((each) => !gone.has(each));
};

const mostFirings = ({ lateWithin, coolDown }: Detection): number => 2 * (Math.ceil(lateWithin / coolDown) + 2);

/** The firing that an alert of this time does not count beside: `cool_down` goes both ways from the one it is about. */
export const coveredBy = (
  { coolDown }: Detection,
  { fired }: Pick<WindowState, 'fired'>,
  at: Instant,
): Firing | undefined => fired.find((each) => Math.abs(at - each.at) <= coolDown);

/** Those that count as the same as the entry at the place; of a sequence, those that nothing else lies between. */
const sameAs = ({ condition }: Detection, entries: readonly Entry[], place: number): Entry[] => {
  const mark = entries[place]?.mark;
  if (condition.kind !== 'sequence') return entries.filter((each) => each.mark === mark);
  let [from, to] = [place, place + 1];
  while (from > 0 && entries[from - 1]?.mark === mark) from--;
  while (to < entries.length && entries[to]?.mark === mark) to++;
  return entries.slice(from, to);
};

/**
 * Without those whose absence changes nothing. One that has so many of its kind on either side that all of them lie
 * within one window is not needed: a window that contains it contains those on one of its sides.
 */
const thinned = (detection: Detection, entries: readonly Entry[], place: number): readonly Entry[] => {
  const { condition, within } = detection;
  if (condition.kind === 'count') return entries;
  const mark = entries[place]?.mark ?? '';
  const keep = detection.keptAtEnds(condition.kind === 'sequence' ? [...mark].map(Number) : []);
  const kind = sameAs(detection, entries, place);
  const gone = new Set<Entry>();
  for (let at = keep; at + keep < kind.length;) {
    const [first, middle, last] = [kind[at - keep], kind[at], kind[at + keep]];
    if (first && middle && last && last.at - first.at <= within) {
      gone.add(middle);
      kind.splice(at, 1);
    } else at++;
  }
  return gone.size === 0 ? entries : entries.filter((each) => !gone.has(each));
};

/** Where among the entries one belongs. Most come last. */
const placeFor = (entries: readonly Entry[], entry: Entry): number => {
  let place = entries.length;
  while (place > 0 && byTime(entries[place - 1] as Entry, entry) > 0) place--;
  return place;
};

/**
 * What a window knows after an alert, and whether that one meets its condition. Pure. After that the alerts of the group
 * within `cool_down` of it, by own time and in both directions, do not count: those that are known are forgotten.
 */
export const fill = (detection: Detection, before: WindowState, entry: Entry): Fill => {
  const entries = before.entries.filter((each) => !isPast(each, entry, entrySpan(detection)));
  const fired = before.fired.filter((each) => !isPast(each, entry, firingSpan(detection)));
  if (coveredBy(detection, { fired }, entry.at)) return { after: { entries, fired }, stood: undefined };
  const place = placeFor(entries, entry);
  const all = entries.toSpliced(place, 0, entry);
  const stood = heldAt(detection, all, entry.at);
  if (!stood) {
    const kept = bounded(thinned(detection, all, place), detection.mostEntries, detection);
    return { after: { entries: kept, fired }, stood };
  }
  const firing = { at: entry.at, received: entry.received };
  const left = all.filter((each) => !coveredBy(detection, { fired: [firing] }, each.at));
  return { after: { entries: left, fired: bounded([...fired, firing], mostFirings(detection), detection) }, stood };
};

/** The time after which nothing that comes in time needs what the window knows. */
export const expiryOf = (detection: Detection, { entries, fired }: WindowState): Instant => {
  const newest = (list: readonly Firing[]): Instant =>
    list.reduce((latest, { at, received }) => Math.max(latest, at, received), -Infinity);
  return Math.max(newest(entries) + entrySpan(detection), newest(fired) + firingSpan(detection));
};
