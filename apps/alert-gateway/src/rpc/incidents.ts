import {
  AcknowledgeIncidentRequest,
  AssignIncidentRequest,
  CommentIncidentRequest,
  GetIncidentRequest,
  type IncidentServiceServer,
  ListIncidentsRequest,
  ResolveIncidentRequest,
} from '@therapytrain/alerts-api';
import { AlertError, type Incident, joinFields, incidentStates } from '@therapytrain/alerts-core';
import { compileFilter } from '../stream/topics.ts';
import { decodeStrictly, shapes } from './decode.ts';
import type { DeskHandles, DeskRpcParts } from './desk-rpc.ts';
import { type Desk, type IncidentCommand, keptAt } from '@therapytrain/alerts-manager';
import type { Asker } from './unary.ts';
import { encodeIncident } from './desk-wire.ts';
import { check, commandOf, etagFault, idFault, namesOf, optionalIdFault, writtenFault } from './fields.ts';
import { encodePage } from './pages.ts';

// What is not shown to somebody is not there for it.
const shownTo = ({ view }: Asker, incident: Incident): Incident => {
  const shown = view.incident(incident);
  if (shown) return shown;
  throw new AlertError('INCIDENT_NOT_FOUND', 'no incident of this id is known');
};

const answer = (incident: Incident, asker: Asker): Buffer =>
  joinFields([[1, encodeIncident(shownTo(asker, incident))]]);

/** A change of an incident, by somebody whose condition may not let the incident through. */
const changing = async (
  desk: Desk,
  asker: Asker,
  command: IncidentCommand,
  change: () => Promise<Incident>,
): Promise<Buffer> => {
  if (asker.principal.when) shownTo(asker, await desk.incident(command.incident));
  return answer(await change(), asker);
};

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
    getIncident: async (desk, message, _source, asker) => {
      const { incidentId } = decodeStrictly(message, shapes.GetIncidentRequest, GetIncidentRequest.decode);
      check(idFault('incidentId', incidentId));
      const found = await desk.incident(incidentId.toLowerCase());
      const incident = shownTo(asker, found);
      const alerts = await Promise.all(incident.newest.map((sequence) => keptAt(sequence, log)));
      const shown = alerts.map((each) => each && asker.view.alert(each)).filter((each) => each !== undefined);
      return joinFields([[1, encodeIncident(incident)], ...shown.map((encoded) => [2, encoded] as const)]);
    },
    listIncidents: (desk, message, _source, { view }) => {
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
        passes: (incident: Incident) => view.incident(incident, expression) !== undefined,
        encode: (incident: Incident) => encodeIncident(view.incident(incident) ?? incident),
      };
      return encodePage(list, request, tokens);
    },
  }) satisfies Partial<DeskHandles<IncidentServiceServer>>;

/** `IncidentService`. */
export const createIncidentHandles = (parts: DeskRpcParts): DeskHandles<IncidentServiceServer> => ({
  ...readHandles(parts),
  acknowledgeIncident: async (desk, message, source, asker) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, AcknowledgeIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('comment', request.comment));
    const command = { ...changeOf(request, source, parts), comment: request.comment };
    return changing(desk, asker, command, () => desk.acknowledge(command));
  },
  resolveIncident: async (desk, message, source, asker) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, ResolveIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('comment', request.comment));
    const command = { ...changeOf(request, source, parts), comment: request.comment };
    return changing(desk, asker, command, () => desk.resolve(command));
  },
  assignIncident: async (desk, message, source, asker) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, AssignIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('assignee', request.assignee));
    const command = { ...changeOf(request, source, parts), assignee: request.assignee };
    return changing(desk, asker, command, () => desk.assign(command));
  },
  commentIncident: async (desk, message, source, asker) => {
    const request = decodeStrictly(message, shapes.IncidentChangeRequest, CommentIncidentRequest.decode);
    check(...changeFaults(request), writtenFault('comment', request.comment, true));
    const command = { ...changeOf(request, source, parts), comment: request.comment };
    return changing(desk, asker, command, () => desk.comment(command));
  },
});
