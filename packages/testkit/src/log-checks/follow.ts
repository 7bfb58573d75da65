import assert from 'node:assert/strict';
import type { AlertLog, KeptAlert } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { draftOf } from '../draft-of.ts';
import { stamp } from '../stamp.ts';
import { waitFor } from '../wait-for.ts';
import {
  appendAll,
  appendDrafts,
  type LogCheck,
  type LogSubject,
  readAll,
  sequencesOf,
  stamped,
  textsOf,
} from './subject.ts';

// Who appends may be answered a little before the listeners are told.
const toldAll = (log: AlertLog, told: readonly KeptAlert[]): Promise<unknown> =>
  waitFor(() => told.some(({ sequence }) => sequence === log.bounds().newest), {
    deadline: 3_000,
    what: 'the listener to be told the newest alert',
  });

const tellsAllOnce = async ({ log, ports }: LogSubject): Promise<void> => {
  const told: KeptAlert[] = [];
  const stop = log.follow((kept) => {
    assert.ok(kept.length > 0, 'a listener is not called for nothing');
    told.push(...kept);
  });
  await Promise.all(Array.from({ length: 80 }, (_, call) => appendAll(log, stamped(ports, call * 4, 1 + (call % 4)))));
  await toldAll(log, told);
  stop();
  assert.deepEqual(textsOf(told), textsOf(await readAll(log, 0)), 'what is told is what is read');
};

const tellsNoRepeats = async ({ log, ports }: LogSubject): Promise<void> => {
  const told: KeptAlert[] = [];
  log.follow((kept) => void told.push(...kept));
  const first = stamped(ports, 0, 5);
  const repeats = stamped(ports, 0, 5);
  const refused = stamp({ ...draftOf(1), message: 'Something else' }, ports);
  await log.append(first);
  await log.append([...repeats, refused]);
  await log.append([stamp(draftOf(2), ports), stamp(draftOf(5), ports)]);
  await toldAll(log, told);
  assert.deepEqual(textsOf(told), textsOf(await readAll(log, 0)));
  assert.equal(told.length, 6);
};

// What catches up from the log and goes on with what it is told must find neither a gap nor a second copy at the seam.
const beginsAtTheBounds = async ({ log, ports }: LogSubject): Promise<void> => {
  const appends: Promise<unknown>[] = [];
  const followers: { readonly from: number; readonly told: KeptAlert[] }[] = [];
  for (let call = 0; call < 60; call++) {
    appends.push(appendAll(log, stamped(ports, call * 4, 1 + (call % 4))));
    if (call % 6 === 0) {
      const told: KeptAlert[] = [];
      log.follow((kept) => void told.push(...kept));
      followers.push({ from: log.bounds().newest, told });
      await new Promise(setImmediate);
    }
  }
  await Promise.all(appends);
  const all = sequencesOf(await readAll(log, 0));
  for (const { from, told } of followers) {
    await toldAll(log, told);
    assert.deepEqual(
      sequencesOf(told),
      all.filter((sequence) => sequence > from),
    );
  }
};

const knowsWhatItTells = async (subject: LogSubject): Promise<void> => {
  const { log } = subject;
  const newest: [told: number, bounds: number][] = [];
  log.follow((kept) => void newest.push([kept.at(-1)?.sequence ?? 0, log.bounds().newest]));
  await Promise.all([appendDrafts(subject, 0, 5), appendDrafts(subject, 5, 5)]);
  await appendDrafts(subject, 10, 5);
  await waitFor(() => newest.at(-1)?.[0] === 15, { deadline: 3_000, what: 'the listener to be told' });
  for (const [told, bounds] of newest) assert.equal(told, bounds, 'the bounds are those of the commit that is told');
};

const stopsWhenAsked = async (subject: LogSubject): Promise<void> => {
  const { log } = subject;
  const [one, other]: [KeptAlert[], KeptAlert[]] = [[], []];
  const stop = log.follow((kept) => void one.push(...kept));
  log.follow((kept) => void other.push(...kept));
  await appendDrafts(subject, 0, 3);
  await toldAll(log, other);
  stop();
  stop();
  await appendDrafts(subject, 3, 3);
  await toldAll(log, other);
  assert.deepEqual(sequencesOf(one), [1, 2, 3]);
  assert.deepEqual(sequencesOf(other), [1, 2, 3, 4, 5, 6]);
};

/** What `follow` promises. */
export const followChecks: readonly LogCheck[] = [
  promise('follow tells every kept alert once, in order, as it is read', tellsAllOnce),
  promise('follow tells neither repeats nor what was refused', tellsNoRepeats),
  promise('follow begins right after the bounds, also while appends race', beginsAtTheBounds),
  promise('a listener sees the bounds of the commit that it is told', knowsWhatItTells),
  promise('follow stops when asked, for the one that asked', stopsWhenAsked),
];
