import {
  AlertError,
  type Changes,
  type KillSwitch,
  type Response,
  type ResponseFacts,
  type ResponseFactsQuery,
  type ResponseQuery,
  type ResponseState,
  standingStates,
} from '@therapytrain/alerts-core';
import type { Target } from '@therapytrain/alerts-core/responder';
import type { Rows } from './rows.ts';

/** Answers about responses from rows. */
export interface ResponseQuestions {
  responses(query: ResponseQuery): readonly Response[];
  responseFacts(query: ResponseFactsQuery): ResponseFacts;
  killSwitch(): KillSwitch;
}

const off: KillSwitch = { on: false, by: '', reason: '', at: 0 };

/** The place of the one kill switch there is. */
const onlyOne = '';

/** True for a response of which something is still to become. */
export const stands = ({ state }: Response): boolean => (standingStates as readonly ResponseState[]).includes(state);

const isSame = (one: Target, other: Target): boolean =>
  one.kind === other.kind && one.value === other.value && one.resource === other.resource;

const byId = (one: Response, other: Response): number => (one.id < other.id ? -1 : 1);

const countsNot: readonly ResponseState[] = ['observed', 'refused', 'stopped'];

const isUse =
  ({ origins, sources, madeSince }: ResponseFactsQuery) =>
  ({ createdAt, state, mode, target, origin, source }: Response): boolean => {
    if (createdAt < madeSince || countsNot.includes(state)) return false;
    const isAsked = target.kind !== 'address' && (origins.includes(origin) || sources.includes(source));
    return mode === 'enforce' || isAsked;
  };

/** Makes what saves responses, trips and the kill switch, within a transaction. */
export const createKeepResponses =
  (rows: Rows) =>
  ({ responses = [], trips = [], killSwitch }: Pick<Changes, 'responses' | 'trips' | 'killSwitch'>): void => {
    for (const response of responses) {
      if ((rows.responses.get(response.id)?.version ?? 0) !== response.version - 1) {
        throw new AlertError('CONFLICT', 'the response has changed since it was read');
      }
      rows.responses.put(response.id, response);
    }
    for (const trip of trips) rows.trips.put(trip.scope, trip);
    if (killSwitch) rows.killSwitches.put(onlyOne, killSwitch);
  };

/** Makes what answers about responses. */
export const createResponseQuestions = (rows: Rows): ResponseQuestions => {
  const killSwitch = (): KillSwitch => rows.killSwitches.get(onlyOne) ?? off;
  return {
    responses: ({ states, incident, playbook, before, limit }) =>
      rows.responses
        .all()
        .filter(
          (each) =>
            (states === undefined || states.includes(each.state)) &&
            (incident === undefined || each.incident === incident) &&
            (playbook === undefined || each.playbook === playbook) &&
            (before === undefined || each.id < before),
        )
        .sort((one, other) => byId(other, one))
        .slice(0, limit),
    responseFacts: (query) => ({
      killSwitch: killSwitch(),
      trips: rows.trips
        .all()
        .filter(({ until }) => until > query.now)
        .sort((one, other) => (one.scope < other.scope ? -1 : 1)),
      ofTargets: rows.responses
        .all()
        .filter(
          (each) =>
            query.targets.some((target) => isSame(target, each.target)) &&
            (stands(each) || each.updatedAt >= query.changedSince),
        )
        .sort(byId),
      uses: rows.responses.all().filter(isUse(query)).sort(byId),
    }),
    killSwitch,
  };
};
