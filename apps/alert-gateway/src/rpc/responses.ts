import {
  ApproveResponseRequest,
  GetKillSwitchRequest,
  GetResponseRequest,
  ListResponsesRequest,
  RejectResponseRequest,
  type ResponseServiceServer,
  RevertResponseRequest,
  SetKillSwitchRequest,
} from '@therapytrain/alerts-api';
import { type Ids, joinFields, type Response, responseStateNames } from '@therapytrain/alerts-core';
import type { DecisionChanges, KillSwitch, ResponseCommand, ResponseDesk } from '@therapytrain/alerts-manager';
import type { Tokens } from '../stream/cursor.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { check, commandOf, idFault, namesOf, optionalIdFault, writtenFault } from './fields.ts';
import { encodePage } from './pages.ts';
import { encodeKillSwitch, encodeResponse, type Enforced } from './response-wire.ts';
import type { Asker, Handle } from './unary.ts';

/** What responses are asked of. */
export interface ResponseHandleParts {
  readonly responses: ResponseDesk;
  /** Tells which responses are decisions that services enforce. */
  readonly decisions: Pick<DecisionChanges, 'enforcedBy'>;
  readonly tokens: Tokens;
  readonly ids: Ids;
}

/** One for each method of `ResponseService` that asks for responses. */
export type ResponseHandles = Readonly<
  Record<Exclude<keyof ResponseServiceServer, 'streamDecisions' | 'acknowledgeDecisions' | 'listEnforcers'>, Handle>
>;

interface Change {
  readonly requestId: string;
  readonly responseId: string;
  readonly comment: string;
}

const checked = (change: Change, by: string, ids: Ids): ResponseCommand => {
  const { requestId, responseId, comment } = change;
  check(optionalIdFault('requestId', requestId), idFault('responseId', responseId), writtenFault('comment', comment));
  return { ...commandOf(requestId, by, ids), response: responseId.toLowerCase(), comment };
};

const createReads = ({ responses, decisions, tokens }: ResponseHandleParts) => {
  const enforced = async (response: Response): Promise<Enforced | undefined> =>
    response.state === 'in_force' ? decisions.enforcedBy(response.id) : undefined;
  const one = async (response: Response, { view }: Asker): Promise<Buffer> =>
    joinFields([[1, encodeResponse(view.response(response), await enforced(response))]]);
  return {
    one,
    getResponse: async (message: Buffer, _source: string, asker: Asker) => {
      const { responseId } = decodeStrictly(message, shapes.GetResponseRequest, GetResponseRequest.decode);
      check(idFault('responseId', responseId));
      return one(await responses.response(responseId.toLowerCase()), asker);
    },
    listResponses: (message: Buffer, _source: string, { view }: Asker) => {
      const request = decodeStrictly(message, shapes.ListResponsesRequest, ListResponsesRequest.decode, {
        3: 'number',
      });
      const states = namesOf('states', request.states, responseStateNames);
      const { incidentId, playbook } = request;
      check(optionalIdFault('incidentId', incidentId), writtenFault('playbook', playbook));
      // What is told of one page is looked up when it is read, and encoded right after.
      const told = new Map<string, Enforced>();
      const list = {
        name: JSON.stringify(['responses', [...states].sort(), incidentId.toLowerCase(), playbook]),
        read: async (before: string | undefined, limit: number) => {
          const found = await responses.responses({
            limit,
            ...(states.length > 0 && { states }),
            ...(incidentId !== '' && { incident: incidentId.toLowerCase() }),
            ...(playbook !== '' && { playbook }),
            ...(before !== undefined && { before }),
          });
          for (const each of found) {
            const known = await enforced(each);
            if (known) told.set(each.id, known);
          }
          return found;
        },
        encode: (response: Response) => encodeResponse(view.response(response), told.get(response.id)),
      };
      return encodePage(list, request, tokens);
    },
  };
};

const answerSwitch = (killSwitch: KillSwitch): Buffer => joinFields([[1, encodeKillSwitch(killSwitch)]]);

/** What of `ResponseService` asks for responses. */
export const createResponseHandles = (parts: ResponseHandleParts): ResponseHandles => {
  const { responses, ids } = parts;
  const { one, ...reads } = createReads(parts);
  const changing =
    (decode: (message: Buffer) => Change, change: (command: ResponseCommand) => Promise<Response>): Handle =>
    async (message, source, asker) => {
      const command = checked(decodeStrictly(message, shapes.ResponseChangeRequest, decode), source, ids);
      // Who may not see it may not change it.
      asker.view.response(await responses.response(command.response));
      return one(await change(command), asker);
    };
  return {
    ...reads,
    approveResponse: changing(ApproveResponseRequest.decode, responses.approve),
    rejectResponse: changing(RejectResponseRequest.decode, responses.reject),
    revertResponse: changing(RevertResponseRequest.decode, responses.revert),
    getKillSwitch: async (message) => {
      decodeStrictly(message, shapes.GetKillSwitchRequest, GetKillSwitchRequest.decode);
      return answerSwitch(await responses.killSwitch());
    },
    setKillSwitch: async (message, source) => {
      const request = decodeStrictly(message, shapes.SetKillSwitchRequest, SetKillSwitchRequest.decode);
      const { requestId, on, reason } = request;
      check(optionalIdFault('requestId', requestId), writtenFault('reason', reason, true));
      return answerSwitch(await responses.setKillSwitch({ ...commandOf(requestId, source, ids), on, reason }));
    },
  };
};
