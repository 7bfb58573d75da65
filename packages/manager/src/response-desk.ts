import {
  AlertError,
  type Changes,
  fieldError,
  type KillSwitch,
  type Response,
  type ResponseQuery,
  type Store,
  textFault,
} from '@therapytrain/alerts-core';
import { answering } from './answering.ts';
import { withoutConflict } from './changes.ts';
import type { Command } from './desk.ts';
import type { Responding } from './responding.ts';
import { begun } from './stages/respond.ts';
import { responseJob } from './stages/response-job.ts';
import { factsOfResponse } from './stages/response-ledger.ts';
import { entry, type RouteFacts } from './stages/route.ts';

export type { KillSwitch, ResponseQuery } from '@therapytrain/alerts-core';

/** A command about one response. */
export interface ResponseCommand extends Command {
  readonly response: string;
  readonly comment?: string;
}

/** What people ask of responses. Rejects with an `AlertError` that names field and rule, and no value. */
export interface ResponseDesk {
  /** `RESPONSE_NOT_FOUND`. */
  response(id: string): Promise<Response>;
  responses(query: ResponseQuery): Promise<readonly Response[]>;
  /** `RESPONSE_NOT_OPEN` where it does not wait, `OWN_APPROVAL` for who caused it or has approved it already. */
  approve(command: ResponseCommand): Promise<Response>;
  reject(command: ResponseCommand): Promise<Response>;
  /** Takes it back now, and starts the grace of its target. `RESPONSE_NOT_OPEN` where there is nothing to take back. */
  revert(command: ResponseCommand): Promise<Response>;
  killSwitch(): Promise<KillSwitch>;
  setKillSwitch(command: Command & { readonly on: boolean; readonly reason: string }): Promise<KillSwitch>;
}

/** What the desk works with. */
export interface ResponseDeskParts {
  readonly store: Store;
  readonly facts: () => RouteFacts;
  readonly responding: Pick<Responding, 'giveUp' | 'killSwitch'>;
  /** True where the responder of this name can take back what it did. */
  readonly reversible: (responder: string) => boolean;
  /** Called after each change: there may be work. */
  readonly onChanged: () => void;
}

const textBytes = 2_000;

const checkText = (field: string, text: string, needed: boolean): void => {
  const fault = needed && text.trim() === '' ? 'is empty' : textFault(text, textBytes, 'many');
  if (fault) throw fieldError([{ field, rule: fault }]);
};

const notOpen = (why: string): AlertError => new AlertError('RESPONSE_NOT_OPEN', why);

const next = (response: Response, changes: Partial<Response>, { now }: RouteFacts): Response => ({
  ...response,
  ...changes,
  version: response.version + 1,
  updatedAt: now,
});

type Decision = Pick<Changes, 'responses' | 'jobs' | 'audit'>;

const decided = (action: string, response: Response, facts: RouteFacts, by: string, look: boolean): Decision => ({
  responses: [response],
  jobs: look ? [responseJob(response, facts.now, facts)] : [],
  audit: [entry(`response.${action}`, response.id, facts.now, factsOfResponse(response), by)],
});

const checkWaiting = ({ state, until }: Response, { now }: RouteFacts): void => {
  if (state !== 'waiting') throw notOpen('the response does not wait for anybody');
  if (until !== undefined && until <= now) throw notOpen('the time to decide about it is over');
};

/** Somebody says yes. With the last one that it needs it is planned; guardrails are asked again before it is done. */
const approved = (response: Response, by: string, facts: RouteFacts): Decision => {
  checkWaiting(response, facts);
  const { source, target, approvals, approvers } = response;
  if (by === source || by === target.value || approvals.some((each) => each.by === by)) {
    throw new AlertError('OWN_APPROVAL', 'nobody approves what they caused or what is about them, nor anything twice');
  }
  const all = [...approvals, { by, at: facts.now }];
  const isEnough = all.length >= approvers;
  const changed = next(
    response,
    { approvals: all, ...(isEnough && { ...begun(response, facts.now), reason: '' }) },
    facts,
  );
  return decided('approved', changed, facts, by, isEnough);
};

/** Somebody says no; or has looked at what may have been done, and nothing is to follow. */
const rejected = (response: Response, by: string, facts: RouteFacts): Decision => {
  if (response.state !== 'unknown') checkWaiting(response, facts);
  return decided('rejected', next(response, { state: 'rejected', by, until: undefined }, facts), facts, by, false);
};

const takenBack = (response: Response, by: string, facts: RouteFacts, isReversible: boolean): Decision => {
  const { state } = response;
  if (state === 'planned') {
    return decided('reverted', next(response, { state: 'reverted', by, until: undefined }, facts), facts, by, false);
  }
  const isOpen = ['executing', 'in_force', 'unknown', 'reverting', 'revert_failed'].includes(state);
  if (!isOpen) throw notOpen('there is nothing to take back');
  if (!isReversible) throw notOpen('nothing takes it back');
  return decided('reverting', next(response, { state: 'reverting', by }, facts), facts, by, true);
};

const createCommands = ({ store, facts, responding, reversible, onChanged }: ResponseDeskParts) => {
  const responseOf = async (id: string): Promise<Response> => {
    const response = await store.response(id);
    if (!response) throw new AlertError('RESPONSE_NOT_FOUND', 'no response of this id is known');
    return response;
  };
  const change = async (command: ResponseCommand, decide: (response: Response) => Decision): Promise<Response> => {
    checkText('comment', command.comment ?? '', false);
    const request = `${command.by} ${command.request}`;
    await withoutConflict(async () => {
      const response = await responseOf(command.response);
      // Who has not heard the answer asks again, and is told how it is now.
      if (await store.applied(request)) return;
      const decision = decide(response);
      const told = await answering(store, [response], decision.responses ?? [], facts());
      await store.commit({ ...decision, jobs: [...(decision.jobs ?? []), ...told], request });
    });
    onChanged();
    return responseOf(command.response);
  };
  return {
    responseOf,
    approve: (command: ResponseCommand) => change(command, (each) => approved(each, command.by, facts())),
    reject: (command: ResponseCommand) => change(command, (each) => rejected(each, command.by, facts())),
    revert: async (command: ResponseCommand) => {
      const changed = await change(command, (each) => takenBack(each, command.by, facts(), reversible(each.responder)));
      // What is under way must not come to its end after it was taken back.
      responding.giveUp(command.response);
      return changed;
    },
  };
};

/** Makes the desk. */
export const createResponseDesk = (parts: ResponseDeskParts): ResponseDesk => {
  const { store, facts, responding, onChanged } = parts;
  const { responseOf, approve, reject, revert } = createCommands(parts);
  return {
    response: responseOf,
    responses: (query) => store.responses(query),
    approve,
    reject,
    revert,
    killSwitch: () => responding.killSwitch.read(),
    setKillSwitch: async ({ by, request, on, reason }) => {
      checkText('reason', reason, true);
      const { now } = facts();
      const killSwitch = { on, by, reason, at: now };
      const once = `${by} ${request}`;
      if (!(await store.applied(once))) {
        const audit = [entry(`kill_switch.${on ? 'on' : 'off'}`, 'kill_switch', now, {}, by)];
        await responding.killSwitch.turn(killSwitch, () => store.commit({ killSwitch, audit, request: once }));
        onChanged();
      }
      return store.killSwitch();
    },
  };
};
