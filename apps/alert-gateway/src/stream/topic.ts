import { type Cursor, type Expression, type Instant, joinFields, type KeptAlert } from '@therapytrain/alerts-core';
import type { View } from '../identity/view.ts';
import type { Frames } from './frames.ts';

/** What is common to all subscribers of one filter and view: each alert is matched and encoded once for all of them. */
export interface Topic {
  readonly filter: string;
  /** The topic's name among all: two of one name tell the same. */
  readonly key: string;
  /** The encoded event for an alert; undefined if the filter does not let it pass. */
  frame(alert: KeptAlert): Buffer | undefined;
  /** The encoded heartbeat at a place; one for all subscribers at the same place and time. */
  heartbeat(cursor: Cursor, now: Instant): Buffer;
  /** The encoded farewell at a place. */
  draining(cursor: Cursor): Buffer;
  cursor(place: Cursor): string;
}

/** What a topic is made of. */
export interface TopicParts {
  readonly filter: string;
  readonly key: string;
  readonly view: View;
  readonly expression: Expression | undefined;
  /** Makes an empty memory. */
  readonly newFrames: () => Frames;
  readonly sign: (place: Cursor) => string;
  readonly heartbeat: (cursor: string, now: Instant) => Uint8Array;
  readonly draining: (cursor: string) => Uint8Array;
}

const alertEvent = 1;

/** Makes the topic of a filter. */
export const createTopic = (parts: TopicParts): Topic => {
  let frames = parts.newFrames();
  let stamp = parts.view.stamp();
  const make = (alert: KeptAlert): Buffer | undefined => {
    const shown = parts.view.alert(alert, parts.expression);
    if (!shown) return undefined;
    return joinFields([
      [
        alertEvent,
        joinFields([
          [1, shown],
          [2, parts.sign(alert.sequence)],
        ]),
      ],
    ]);
  };
  let beat: { readonly cursor: Cursor; readonly now: Instant; readonly frame: Buffer } | undefined;
  return {
    filter: parts.filter,
    key: parts.key,
    frame: (alert) => {
      // What was made under another policy may show what may no longer be seen.
      if (stamp !== parts.view.stamp()) {
        stamp = parts.view.stamp();
        frames = parts.newFrames();
      }
      if (frames.has(alert.sequence)) return frames.get(alert.sequence);
      const frame = make(alert);
      frames.remember(alert.sequence, frame);
      return frame;
    },
    heartbeat: (cursor, now) => {
      if (beat?.cursor !== cursor || beat.now !== now) {
        beat = { cursor, now, frame: Buffer.from(parts.heartbeat(parts.sign(cursor), now)) };
      }
      return beat.frame;
    },
    draining: (cursor) => Buffer.from(parts.draining(parts.sign(cursor))),
    cursor: parts.sign,
  };
};
