import { IncidentHeartbeat, IncidentsDraining } from '@therapytrain/alerts-api';
import {
  type Clock,
  type Cursor,
  type Incident,
  type Instant,
  joinFields,
  type Millis,
} from '@therapytrain/alerts-core';
import type { Desk } from '@therapytrain/alerts-manager';
import { type View, wholeView } from '../identity/view.ts';
import { encodeIncident } from '../rpc/desk-wire.ts';
import { type ChangeHubOptions, type ChangeTopic, createChangeHub, sharing } from './change-hub.ts';
import type { Tokens } from './cursor.ts';
import { durationOf } from './duration.ts';
import type { Sink } from './subscriber.ts';

/** Bounds of the streams of incidents. */
export type IncidentHubOptions = ChangeHubOptions;

export const incidentHubDefaults: IncidentHubOptions = {
  maxSubscribers: 1_000,
  heartbeat: 15_000,
  stall: 30_000,
  gather: 100,
};

/** Serves the incidents of a desk to all subscribers. */
export interface IncidentHub {
  /** Begins after the place; undefined means with all that are not resolved. Returns how to stop. */
  subscribe(place: Cursor | undefined, sink: Sink, view?: View): () => void;
  /** Tells every subscriber where to go on and ends its stream. New ones are refused. */
  drain(retryDelay: Millis): void;
  close(): void;
}

/** What it is made of. */
export interface IncidentHubParts {
  readonly desk: Pick<Desk, 'incidents' | 'changes'>;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly options: IncidentHubOptions;
}

const atOnce = 64;

const createTopic = ({ desk, tokens, clock }: Omit<IncidentHubParts, 'options'>, view: View): ChangeTopic => {
  const sign = tokens.signer('incidents', '');
  const cursorOf = (place: Cursor | undefined): string => (place === undefined ? '' : sign(place));
  const incidentFrame = (incident: Incident, place: Cursor | undefined): Buffer => {
    const cursor = cursorOf(place);
    const fields = [[1, encodeIncident(incident)] as const, ...(cursor === '' ? [] : [[2, cursor] as const])];
    return joinFields([[1, joinFields(fields)]]);
  };
  const heartbeat = (place: Cursor, now: Instant): Buffer =>
    joinFields([[2, IncidentHeartbeat.encode({ cursor: sign(place), serverTime: new Date(now) }).finish()]]);
  const shownOf = (incidents: readonly Incident[]): readonly Incident[] =>
    incidents.map((each) => view.incident(each)).filter((each) => each !== undefined);
  return {
    cursorOf,
    heartbeat,
    newest: () => desk.changes.newest(),
    begin: async function* (place) {
      for (let before: string | undefined; ;) {
        const page = await desk.incidents({
          ...{ states: ['OPEN', 'ACKNOWLEDGED'], limit: atOnce },
          ...(before !== undefined && { before }),
        });
        for (const incident of shownOf(page)) yield incidentFrame(incident, undefined);
        if (page.length < atOnce) break;
        before = page.at(-1)?.id;
      }
      yield heartbeat(place, clock.now());
    },
    // What many are told of is encoded once.
    after: sharing(async (place) => {
      const { incidents, cursor } = await desk.changes.after(place, atOnce);
      const shown = shownOf(incidents);
      const last = shown.length - 1;
      const frames = shown.map((incident, at) => incidentFrame(incident, at === last ? cursor : undefined));
      return { frames, cursor };
    }),
    draining: (place, wait) =>
      joinFields([[3, IncidentsDraining.encode({ cursor: cursorOf(place), retryDelay: durationOf(wait) }).finish()]]),
  };
};

/** Makes the hub: see {@link createChangeHub}. */
export const createIncidentHub = ({ options, ...parts }: IncidentHubParts): IncidentHub => {
  const { desk, clock } = parts;
  const hub = createChangeHub({ follow: (listener) => desk.changes.follow(listener), clock, options });
  // Who may read the same shares what is read and encoded for it.
  const topics = new Map<string, ChangeTopic>();
  const topicOf = (view: View): ChangeTopic => {
    const topic = topics.get(view.key) ?? createTopic(parts, view);
    topics.set(view.key, topic);
    return topic;
  };
  return {
    subscribe: (place, sink, view = wholeView) => hub.subscribe(topicOf(view), place, sink),
    drain: hub.drain,
    close: hub.close,
  };
};
