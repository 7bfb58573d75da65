import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Violation } from './checker.ts';
import { channels, type ChannelName, type Peers } from './peers.ts';
import { type RecipeWrong, wrongly } from './recipe.ts';

/** The database of what follows from alerts. */
export const planFile = 'plan.db';

/** What is written down of one channel. */
export interface Written {
  readonly accepted: number;
  /** Pairs that have come to an end, in whichever way. */
  readonly ended: number;
  /** Pairs of deliveries that wait or are under way. */
  readonly pending: number;
  /** Keys of all deliveries. */
  readonly deliveries: ReadonlySet<string>;
  /** Keys of those that are done. */
  readonly done: ReadonlySet<string>;
}

const ends = ['delivered', 'suppressed', 'digested', 'dead'] as const;

const readChannel = (db: DatabaseSync, channel: ChannelName): Written => {
  const counts = db.prepare('SELECT state, pairs FROM counts WHERE channel = ?').all(channel) as unknown as {
    readonly state: string;
    readonly pairs: number;
  }[];
  const pairsOf = (state: string): number => counts.find((each) => each.state === state)?.pairs ?? 0;
  const jobs = db
    .prepare("SELECT id, state, pairs FROM jobs WHERE kind = 'delivery' AND target = ?")
    .all(channel) as unknown as { readonly id: string; readonly state: string; readonly pairs: number }[];
  const under = jobs.filter(({ state }) => state === 'waiting' || state === 'claimed');
  return {
    accepted: pairsOf('accepted'),
    ended: ends.reduce((sum, state) => sum + pairsOf(state), 0),
    pending: under.reduce((sum, { pairs }) => sum + pairs, 0),
    deliveries: new Set(jobs.map(({ id }) => id)),
    done: new Set(jobs.filter(({ state }) => state === 'done').map(({ id }) => id)),
  };
};

/** Reads a copy of what was planned, as SQLite does, without any code of the gateway. */
export const readTellings = (directory: string): Readonly<Record<ChannelName, Written>> | undefined => {
  if (!existsSync(join(directory, planFile))) return undefined;
  const db = new DatabaseSync(join(directory, planFile));
  try {
    return { steady: readChannel(db, 'steady'), rough: readChannel(db, 'rough') };
  } finally {
    db.close();
  }
};

const judgeChannel = (
  channel: ChannelName,
  { accepted, ended, pending, deliveries, done }: Written,
  taken: ReadonlyMap<string, number>,
): Violation<RecipeWrong>[] => {
  const untold = [...done].filter((key) => !taken.has(key));
  const unknown = [...taken.keys()].filter((key) => !deliveries.has(key));
  return [
    ...(accepted === ended + pending
      ? []
      : [wrongly('accounts wrong', `${channel}: ${accepted} accepted, ${ended} ended, ${pending} pending`)]),
    ...(untold.length === 0 ? [] : [wrongly('told nobody', `${channel}: ${untold.length} done, and never taken`)]),
    ...(unknown.length === 0 ? [] : [wrongly('told of nothing', `${channel}: ${unknown.length} taken, and unknown`)]),
  ];
};

/** What is wrong with what is written down, beside what the peers took. */
export const judgeTellings = (
  written: Readonly<Record<ChannelName, Written>>,
  taken: Peers['taken'],
): Violation<RecipeWrong>[] => channels.flatMap((channel) => judgeChannel(channel, written[channel], taken[channel]));
