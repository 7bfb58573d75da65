import { ResponseServiceService as methods } from '@therapytrain/alerts-api';
import { decisionKindNames, type Ids, responseStateNames } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { askBy } from '../desk/method.ts';
import { numbersOf } from '../desk/wire.ts';
import type { DecisionCalls, KillSwitchCalls, ResponseCalls, ResponseChangeOptions } from './types.ts';
import { readEnforcer, readKillSwitch, readResponse } from './wire.ts';

/** Asks `ResponseService` about responses. */
export const createResponseCalls = (ask: Ask, ids: Ids): ResponseCalls => {
  const change = (responseId: string, { requestId = ids.next(), comment = '' }: ResponseChangeOptions = {}) => ({
    requestId,
    responseId,
    comment,
  });
  return {
    list: async ({ states, incident = '', playbook = '', pageSize = 0, pageToken = '' } = {}) => {
      const wanted = numbersOf(responseStateNames, states);
      const request = { states: wanted, incidentId: incident, playbook, pageSize, pageToken };
      const { responses, nextPageToken } = await askBy(ask, methods.listResponses, request);
      return { responses: responses.map(readResponse), nextPageToken };
    },
    get: async (responseId) => readResponse((await askBy(ask, methods.getResponse, { responseId })).response),
    approve: async (id, options) =>
      readResponse((await askBy(ask, methods.approveResponse, change(id, options))).response),
    reject: async (id, options) =>
      readResponse((await askBy(ask, methods.rejectResponse, change(id, options))).response),
    revert: async (id, options) =>
      readResponse((await askBy(ask, methods.revertResponse, change(id, options))).response),
  };
};

/** Asks `ResponseService` about the kill switch. */
export const createKillSwitchCalls = (ask: Ask, ids: Ids): KillSwitchCalls => ({
  get: async () => readKillSwitch((await askBy(ask, methods.getKillSwitch, {})).killSwitch),
  set: async (on, reason, { requestId = ids.next() } = {}) =>
    readKillSwitch((await askBy(ask, methods.setKillSwitch, { requestId, on, reason })).killSwitch),
});

/** Asks `ResponseService` about enforcing. */
export const createEnforcerCalls = (ask: Ask): Pick<DecisionCalls, 'acknowledge' | 'enforcers'> => ({
  acknowledge: async (enforcer, cursor, kinds = []) => {
    await askBy(ask, methods.acknowledgeDecisions, { enforcer, cursor, kinds: numbersOf(decisionKindNames, kinds) });
  },
  enforcers: async () => (await askBy(ask, methods.listEnforcers, {})).enforcers.map(readEnforcer),
});
