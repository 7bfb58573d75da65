import { IncidentServiceService as methods } from '@therapytrain/alerts-api';
import { incidentStates, type Ids } from '@therapytrain/alerts-core';
import { type Ask, readAlertsOf } from '../calls.ts';
import { askBy } from './method.ts';
import type { IncidentCalls, IncidentChangeOptions } from './types.ts';
import { numbersOf, readIncident } from './wire.ts';

// The alerts by the strict codec, as everywhere.
const getIncident = {
  ...methods.getIncident,
  responseDeserialize: (answer: Buffer) => ({
    incident: methods.getIncident.responseDeserialize(answer).incident,
    alerts: readAlertsOf(answer, 2),
  }),
};

/** Asks `IncidentService`. */
export const createIncidentCalls = (ask: Ask, ids: Ids): Omit<IncidentCalls, 'stream'> => {
  const change = (incidentId: string, { requestId = ids.next(), etag = '' }: IncidentChangeOptions) => ({
    requestId,
    incidentId,
    etag,
  });
  return {
    list: async ({ states, filter = '', overdue = false, pageSize = 0, pageToken = '' } = {}) => {
      const request = { states: numbersOf(incidentStates, states), filter, overdue, pageSize, pageToken };
      const { incidents, nextPageToken } = await askBy(ask, methods.listIncidents, request);
      return { incidents: incidents.map(readIncident), nextPageToken };
    },
    get: async (incidentId) => {
      const { incident, alerts } = await askBy(ask, getIncident, { incidentId });
      return { incident: readIncident(incident), alerts };
    },
    acknowledge: async (id, { comment = '', ...options } = {}) => {
      const { incident } = await askBy(ask, methods.acknowledgeIncident, { ...change(id, options), comment });
      return readIncident(incident);
    },
    resolve: async (id, { comment = '', ...options } = {}) => {
      const { incident } = await askBy(ask, methods.resolveIncident, { ...change(id, options), comment });
      return readIncident(incident);
    },
    assign: async (id, assignee, options = {}) => {
      const { incident } = await askBy(ask, methods.assignIncident, { ...change(id, options), assignee });
      return readIncident(incident);
    },
    comment: async (id, comment, options = {}) => {
      const { incident } = await askBy(ask, methods.commentIncident, { ...change(id, options), comment });
      return readIncident(incident);
    },
  };
};
