import {
  DecisionChanges,
  ResponseServiceService,
  StreamDecisionsRequest,
  StreamDecisionsResponse,
} from '@therapytrain/alerts-api';
import { decisionKindNames, decodeDecisionChanges, onlyField } from '@therapytrain/alerts-core';
import type { DecisionEvent, DecisionStreamOptions } from '../decisions/types.ts';
import { instantOf, numbersOf } from '../desk/wire.ts';
import {
  type Farewell,
  following,
  type FollowParts,
  millisOf,
  readingSafely,
  type Subscription,
  type UnknownEvent,
} from './following.ts';

const changesField = 2;

const readEvent = (message: Buffer): DecisionEvent | Farewell | UnknownEvent => {
  const changes = onlyField(message, changesField);
  if (changes) return { kind: 'changes', ...decodeDecisionChanges(changes) };
  const { event } = StreamDecisionsResponse.decode(message);
  switch (event?.$case) {
    case undefined:
      return { kind: 'unknown' };
    case 'snapshotBegin':
      return { kind: 'begin' };
    case 'changes':
      // With a field beside it that only a later gateway has.
      return { kind: 'changes', ...decodeDecisionChanges(Buffer.from(DecisionChanges.encode(event.value).finish())) };
    case 'snapshotEnd':
      return { kind: 'end', cursor: event.value.cursor, at: instantOf(event.value.serverTime) };
    case 'heartbeat':
      return { kind: 'heartbeat', cursor: event.value.cursor, at: instantOf(event.value.serverTime) };
    case 'draining':
      return { kind: 'draining', cursor: event.value.cursor, retryDelay: millisOf(event.value.retryDelay) };
  }
};

const method = { path: ResponseServiceService.streamDecisions.path, read: readingSafely(readEvent) };

/** Makes following decisions: connections, one after the other, as one sequence that misses no state. */
export const createDecisionStream =
  (parts: FollowParts) =>
  (options: DecisionStreamOptions = {}): AsyncGenerator<DecisionEvent, void, undefined> => {
    const kinds = numbersOf(decisionKindNames, options.kinds);
    let cursor = options.cursor ?? '';
    const place: Subscription<DecisionEvent, DecisionEvent> = {
      method,
      failures: 0,
      request: () => StreamDecisionsRequest.encode({ cursor, kinds }).finish(),
      take: (event) => {
        // What a snapshot has told before it was cut off is told again: it has no cursor.
        if (event.kind === 'begin') cursor = '';
        else if (event.cursor !== '') cursor = event.cursor;
        return event.kind === 'draining' ? undefined : event;
      },
      // A gateway that does not know the cursor has other data: what it has is told from the beginning.
      mend: ({ code }) => {
        if (code !== 'CURSOR_INVALID' || cursor === '') return false;
        cursor = '';
        return true;
      },
    };
    return following(place, options, parts);
  };
