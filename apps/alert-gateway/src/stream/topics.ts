import { Draining, Heartbeat } from '@therapytrain/alerts-api';
import {
  AlertError,
  compileExpression,
  type Expression,
  ExpressionError,
  type Instant,
  joinFields,
  type Millis,
} from '@therapytrain/alerts-core';
import { type View, wholeView } from '../identity/view.ts';
import type { Tokens } from './cursor.ts';
import { durationOf } from './duration.ts';
import { createFrameMemory } from './frames.ts';
import { createTopic, type Topic } from './topic.ts';

/** The topics that have subscribers. Subscribers with the same filter, who may read the same, share one. */
export interface Topics {
  /** The topic of a filter, made if it is not there. Throws `FILTER_INVALID`. Give it back with `release`. */
  acquire(filter: string, view?: View): Topic;
  release(topic: Topic): void;
}

// Shared by the topics of all filters; some 30,000 events of usual size.
const frameBytes = 16 * 1024 * 1024;

const heartbeatEvent = 2;
const drainingEvent = 3;

const encodeHeartbeat = (cursor: string, now: Instant): Uint8Array =>
  joinFields([[heartbeatEvent, Heartbeat.encode({ cursor, serverTime: new Date(now) }).finish()]]);

const encodeDraining = (cursor: string, retryDelay: Millis): Uint8Array =>
  joinFields([[drainingEvent, Draining.encode({ cursor, retryDelay: durationOf(retryDelay) }).finish()]]);

/** The expression of a filter; undefined for the empty one, which lets everything pass. Throws `FILTER_INVALID`. */
export const compileFilter = (filter: string): Expression | undefined => {
  if (filter.trim() === '') return undefined;
  try {
    return compileExpression(filter);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const violations = [{ field: 'filter', rule: error.message }];
    throw new AlertError('FILTER_INVALID', `filter: ${error.message}`, { violations });
  }
};

/** Makes the topics. */
export const createTopics = (tokens: Tokens, retryDelay: Millis): Topics => {
  const newFrames = createFrameMemory(frameBytes);
  const topics = new Map<string, { readonly topic: Topic; users: number }>();
  const make = (filter: string, key: string, view: View): Topic =>
    createTopic({
      filter,
      key,
      view,
      expression: compileFilter(filter),
      newFrames,
      sign: tokens.signer('stream', filter),
      heartbeat: encodeHeartbeat,
      draining: (cursor) => encodeDraining(cursor, retryDelay),
    });
  return {
    acquire: (filter, view = wholeView) => {
      const key = JSON.stringify([view.key, filter]);
      const entry = topics.get(key) ?? { topic: make(filter, key, view), users: 0 };
      entry.users++;
      topics.set(key, entry);
      return entry.topic;
    },
    release: ({ key }) => {
      const entry = topics.get(key);
      if (entry && --entry.users === 0) topics.delete(key);
    },
  };
};
