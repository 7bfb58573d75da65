import type { Cursor, Instant, Millis } from '@therapytrain/alerts-core';

/** An alert that a detection counts, without any value of it. */
export interface Entry {
  /** Its own time. */
  readonly at: Instant;
  readonly received: Instant;
  readonly sequence: Cursor;
  readonly id: string;
  readonly type: string;
  /** What it counts as: the digest of its value, or the steps that take it, one digit each. Empty for a count. */
  readonly mark: string;
}

/** When a group was told of: the own time of the alert that completed it, and when that one was received. */
export type Firing = Pick<Entry, 'at' | 'received'>;

/** What a detection knows of one group. */
export interface WindowState {
  /** By own time, then by their place in the log. */
  readonly entries: readonly Entry[];
  readonly fired: readonly Firing[];
}

/** Nothing is known yet. */
export const noState: WindowState = { entries: [], fired: [] };

/** The order of entries. */
export const byTime = (one: Entry, other: Entry): number => one.at - other.at || one.sequence - other.sequence;

type Packed = readonly [at: Instant, behind: Millis, sequence: Cursor, id: string, type: string, mark: string];

/** The text that the store keeps. */
export const writeState = ({ entries, fired }: WindowState): string =>
  JSON.stringify({
    entries: entries.map(({ at, received, sequence, id, type, mark }): Packed => [
      at,
      received - at,
      sequence,
      id,
      type,
      mark,
    ]),
    fired: fired.map(({ at, received }) => [at, received - at]),
  });

/** Reads what {@link writeState} wrote. */
export const readState = (text: string): WindowState => {
  const { entries, fired } = JSON.parse(text) as {
    readonly entries: readonly Packed[];
    readonly fired: readonly (readonly [Instant, Millis])[];
  };
  return {
    entries: entries.map(([at, behind, sequence, id, type, mark]) => ({
      ...{ at, received: at + behind, sequence, id, type, mark },
    })),
    fired: fired.map(([at, behind]) => ({ at, received: at + behind })),
  };
};
