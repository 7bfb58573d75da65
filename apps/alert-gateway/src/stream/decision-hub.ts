import {
  DecisionHeartbeat,
  DecisionsDraining,
  DecisionSnapshotBegin,
  DecisionSnapshotEnd,
} from '@therapytrain/alerts-api';
import {
  type Clock,
  type Cursor,
  type DecisionKind,
  encodeDecisions,
  joinFields,
  type Millis,
} from '@therapytrain/alerts-core';
import type { DecisionChanges } from '@therapytrain/alerts-manager';
import { type ChangeHubOptions, type ChangeTopic, createChangeHub, sharing } from './change-hub.ts';
import type { Tokens } from './cursor.ts';
import { durationOf } from './duration.ts';
import type { Sink } from './subscriber.ts';

export const decisionHubDefaults: ChangeHubOptions = {
  maxSubscribers: 1_000,
  heartbeat: 15_000,
  stall: 30_000,
  // A decision is to be enforced at once; what comes in the same moment still goes in one event.
  gather: 5,
};

/** Serves decisions to all subscribers. */
export interface DecisionHub {
  /** Goes on after the place; undefined means with a snapshot. Of these kinds; of all, if there are none. */
  subscribe(kinds: readonly DecisionKind[], place: Cursor | undefined, sink: Sink): () => void;
  /** Tells every subscriber where to go on and ends its stream. New ones are refused. */
  drain(retryDelay: Millis): void;
  close(): void;
}

/** What it is made of. */
export interface DecisionHubParts {
  readonly decisions: DecisionChanges;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly options: ChangeHubOptions;
}

/** What a cursor of these kinds is bound to: each once, whatever their order. */
export const kindsFilter = (kinds: readonly DecisionKind[]): string => [...new Set(kinds)].sort().join(' ');

// An event of so many is some 100 KiB: few enough to be taken in one go.
const atOnce = 500;
// Of a snapshot some 400 KiB: one is on its way and one is read meanwhile, whatever the size of the snapshot is.
const ofSnapshot = 2_000;
const event = { begin: 1, changes: 2, end: 3, heartbeat: 4, draining: 5 } as const;

/** A part of a snapshot, encoded, and above which id the next one begins; undefined for none. */
interface Page {
  readonly frame: Buffer | undefined;
  readonly next: string | undefined;
}

const createTopic = (
  kinds: readonly DecisionKind[],
  { decisions, tokens, clock }: Omit<DecisionHubParts, 'options'>,
): ChangeTopic => {
  const sign = tokens.signer('decisions', kindsFilter(kinds));
  const cursorOf = (place: Cursor | undefined): string => (place === undefined ? '' : sign(place));
  const concerns = (kind: DecisionKind): boolean => kinds.length === 0 || kinds.includes(kind);
  const after = async (place: Cursor) => {
    const batch = await decisions.after(place, atOnce);
    if (batch.isIncomplete) return undefined;
    const concerning = batch.decisions.filter(({ decision }) => concerns(decision.kind));
    if (concerning.length === 0) return { frames: [], cursor: batch.cursor };
    const inForce = concerning.flatMap(({ decision, endedAt }) => (endedAt === undefined ? [decision] : []));
    const ended = concerning.flatMap(({ decision, endedAt }) =>
      endedAt === undefined ? [] : [[2, decision.id] as const],
    );
    const rest = joinFields([...ended, [3, sign(batch.cursor)]]);
    return {
      frames: [joinFields([[event.changes, Buffer.concat([encodeDecisions(inForce), rest])]])],
      cursor: batch.cursor,
    };
  };
  // Who begin together, as all do when a gateway has started, share what is read and encoded.
  const pageAfter = sharing(async (above: string): Promise<Page> => {
    const page = await decisions.inForce({ kinds, limit: ofSnapshot, ...(above !== '' && { after: above }) });
    return {
      frame: page.length === 0 ? undefined : joinFields([[event.changes, encodeDecisions(page)]]),
      next: page.length < ofSnapshot ? undefined : page.at(-1)?.id,
    };
  });
  return {
    cursorOf,
    newest: () => decisions.newest(),
    begin: async function* (place) {
      yield joinFields([[event.begin, DecisionSnapshotBegin.encode({}).finish()]]);
      for (let reading: Promise<Page> | undefined = pageAfter(''); reading;) {
        const { frame, next }: Page = await reading;
        reading = next === undefined ? undefined : pageAfter(next);
        // Whoever leaves meanwhile does not wait for it.
        reading?.catch(() => undefined);
        if (frame) yield frame;
      }
      const end = { cursor: sign(place), serverTime: new Date(clock.now()) };
      yield joinFields([[event.end, DecisionSnapshotEnd.encode(end).finish()]]);
    },
    after: sharing(after),
    heartbeat: (place, now) =>
      joinFields([
        [event.heartbeat, DecisionHeartbeat.encode({ cursor: sign(place), serverTime: new Date(now) }).finish()],
      ]),
    draining: (place, wait) => {
      const farewell = { cursor: cursorOf(place), retryDelay: durationOf(wait) };
      return joinFields([[event.draining, DecisionsDraining.encode(farewell).finish()]]);
    },
  };
};

/** Makes the hub: see {@link createChangeHub}. */
export const createDecisionHub = ({ options, ...parts }: DecisionHubParts): DecisionHub => {
  const { decisions, clock } = parts;
  const hub = createChangeHub({ follow: (listener) => decisions.follow(listener), clock, options });
  // Of few kinds there are few lists: subscribers of the same ones share what is read and encoded.
  const topics = new Map<string, ChangeTopic>();
  const topicOf = (kinds: readonly DecisionKind[]): ChangeTopic => {
    const filter = kindsFilter(kinds);
    const topic = topics.get(filter) ?? createTopic(kinds, parts);
    topics.set(filter, topic);
    return topic;
  };
  return {
    subscribe: (kinds, place, sink) => hub.subscribe(topicOf(kinds), place, sink),
    drain: hub.drain,
    close: hub.close,
  };
};
