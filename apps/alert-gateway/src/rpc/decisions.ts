import {
  AcknowledgeDecisionsRequest,
  AcknowledgeDecisionsResponse,
  ListEnforcersRequest,
  StreamDecisionsRequest,
} from '@therapytrain/alerts-api';
import { type Cursor, decisionKindNames, joinFields, sourcePattern } from '@therapytrain/alerts-core';
import type { DecisionChanges } from '@therapytrain/alerts-manager';
import type { Tokens } from '../stream/cursor.ts';
import { type DecisionHub, kindsFilter } from '../stream/decision-hub.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { check, namesOf } from './fields.ts';
import { encodeEnforcer } from './response-wire.ts';
import type { Subscribing } from './streaming.ts';
import type { Handle } from './unary.ts';

/** What decisions are told with. */
export interface DecisionHandleParts {
  readonly decisions: DecisionChanges;
  readonly hub: DecisionHub;
  readonly tokens: Tokens;
}

// A gateway whose store is older than the cursor does not know what was told since: that begins anew too.
const placeOf = async (place: Cursor, { decisions }: DecisionHandleParts): Promise<Cursor | undefined> =>
  place <= (await decisions.newest()) ? place : undefined;

/** `StreamDecisions`: what the caller asks for. Rejects with what refuses the subscription. */
export const openDecisions = async (message: Buffer, parts: DecisionHandleParts): Promise<Subscribing> => {
  const request = decodeStrictly(message, shapes.StreamDecisionsRequest, StreamDecisionsRequest.decode, {
    2: 'number',
  });
  const kinds = namesOf('kinds', request.kinds, decisionKindNames);
  const { cursor } = request;
  const place =
    cursor === '' ? undefined : await placeOf(parts.tokens.read('decisions', kindsFilter(kinds), cursor), parts);
  return (sink) => parts.hub.subscribe(kinds, place, sink);
};

/** What of `ResponseService` asks for decisions. */
export const createDecisionHandles = ({
  decisions,
  tokens,
}: DecisionHandleParts): Readonly<Record<'acknowledgeDecisions' | 'listEnforcers', Handle>> => ({
  acknowledgeDecisions: async (message) => {
    const shape = shapes.AcknowledgeDecisionsRequest;
    const request = decodeStrictly(message, shape, AcknowledgeDecisionsRequest.decode, { 3: 'number' });
    const kinds = namesOf('kinds', request.kinds, decisionKindNames);
    const isName = sourcePattern.test(request.enforcer);
    check(isName ? undefined : { field: 'enforcer', rule: 'is not one name of 1 to 64 of a-z, 0-9, ".", "_" and "-"' });
    const cursor = tokens.read('decisions', kindsFilter(kinds), request.cursor);
    await decisions.acknowledge({ name: request.enforcer, kinds, cursor });
    return Buffer.from(AcknowledgeDecisionsResponse.encode({}).finish());
  },
  listEnforcers: async (message) => {
    decodeStrictly(message, shapes.ListEnforcersRequest, ListEnforcersRequest.decode);
    const [enforcers, newest] = await Promise.all([decisions.enforcers(), decisions.newest()]);
    return joinFields(enforcers.map((each) => [1, encodeEnforcer(each, newest)] as const));
  },
});
