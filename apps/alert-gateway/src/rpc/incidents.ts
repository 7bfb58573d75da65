import {
  AcknowledgeIncidentRequest,
  AssignIncidentRequest,
  CommentIncidentRequest,
  GetIncidentRequest,
  type IncidentServiceServer,
  ListIncidentsRequest,
  ResolveIncidentRequest,
} from '@therapytrain/alerts-api';
import { type Incident, joinFields, incidentStates } from '@therapytrain/alerts-core';
import { compileFilter } from '../stream/topics.ts';
import { decodeStrictly, shapes } from './decode.ts';
import type { DeskHandles, DeskRpcParts } from './desk-rpc.ts';
import { type IncidentCommand, keptAt } from '@therapytrain/alerts-manager';
import { encodeIncident } from './desk-wire.ts';
import { check, commandOf, etagFault, idFault, namesOf, optionalIdFault, writtenFault } from './fields.ts';
import { encodePage } from './pages.ts';

const answer = (incident: Incident): Buffer => joinFields([[1, encodeIncident(incident)]]);

interface Change {
  readonly requestId: string;
  readonly incidentId: string;
  readonly etag: string;
}

// What every change of an incident says. `comment` is checked by who knows whether it must be there.
const changeOf = (change: Change, source: string, { ids }: DeskRpcParts): IncidentCommand => ({
  ...commandOf(change.requestId, source, ids),
  incident: change.incidentId.toLowerCase(),
  ...(change.etag === '' ? {} : { version: Number(change.etag) }),
});

const changeFaults = ({ requestId, incidentId, etag }: Change) => [
  optionalIdFault('requestId', requestId),
  idFault('incidentId', incidentId),
  etagFault(etag),
];

const readHandles = ({ log, tokens, clock }: DeskRpcParts) =>
  ({
    getIncident: async (desk, message) => {
      const { incidentId } = decodeStrictly(message, shapes.GetIncidentRequest, GetIncidentRequest.decode);
      check(idFault('incidentId', incidentId));
      const incident = await desk.incident(incidentId.toLowerCase());
      const alerts = await Promise.all(incident.newest.map((sequence) => keptAt(sequence, log)));
      const kept = alerts.filter((each) => each !== undefined);
      return joinFields([[1, encodeIncident(incident)], ...kept.map(({ encoded }) => [2, encoded] as const)]);
    },
    listIncidents: (desk, message) => {
      const request = decodeStrictly(message, shapes.ListIncidentsRequest, ListIncidentsRequest.decode, {
        4: 'number',
      });
      const states = namesOf('states', request.states, incidentStates);
      const expression = compileFilter(request.filter);
      const now = clock.now();
      const list = {
        name: JSON.stringify(['incidents', request.filter, [...states].sort(), request.overdue]),
        read: (before: string | undefined, limit: number) =>
          desk.incidents({
            limit,
            ...(states.length > 0 ? { states } : {}),
            ...(request.overdue ? { overdueAt: now } : {}),
            ...(before === undefined ? {} : { before }),
          }),
        passes: ({ facts }: Incident) => expression?.matches(facts) ?? true,
        encode: encodeIncident,
      };
      return encodePage(list, request, tokens);
    },
  }) satisfies Partial<DeskHandles<IncidentServiceServer>>;

/** `IncidentService`. */
export const createIncidentHandles = (parts: DeskRpcParts): DeskHandles<IncidentServiceServer> => ({
  ...readHandles(parts),
  acknowledgeIncident: async (desk, message, source) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, AcknowledgeIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('comment', request.comment));
    return answer(await desk.acknowledge({ ...changeOf(request, source, parts), comment: request.comment }));
  },
  resolveIncident: async (desk, message, source) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, ResolveIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('comment', request.comment));
    return answer(await desk.resolve({ ...changeOf(request, source, parts), comment: request.comment }));
  },
  assignIncident: async (desk, message, source) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, AssignIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('assignee', request.assignee));
    return answer(await desk.assign({ ...changeOf(request, source, parts), assignee: request.assignee }));
  },
  commentIncident: async (desk, message, source) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, CommentIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('comment', request.comment, true));
    return answer(await desk.comment({ ...changeOf(request, source, parts), comment: request.comment }));
  },
});
