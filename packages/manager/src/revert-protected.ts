import { type Changes, type Response, type ResponseState, standingStates } from '@therapytrain/alerts-core';
import { answering } from './answering.ts';
import { withoutConflict } from './changes.ts';
import type { RespondingParts } from './responding.ts';
import { isActing, isLastOfGroup, protectionOf } from './stages/response-guard.ts';
import { responseJob } from './stages/response-job.ts';
import { factsOfResponse } from './stages/response-ledger.ts';
import type { ResponseReason } from './stages/response-reasons.ts';
import { entry, type RouteFacts } from './stages/route.ts';

/** What this does not do itself. */
export interface RevertProtectedParts extends Pick<RespondingParts, 'store' | 'policy' | 'facts' | 'onChanged'> {
  /** Told of each response that stands. */
  readonly see: (response: Response) => void;
  /** Gives up the attempt of the response that is under way. */
  readonly giveUp: (id: string) => void;
  readonly reversible: (response: Response) => boolean;
}

const page = 500;

/** Where nothing was done yet, and where something was or may have been. */
const isOpen = ({ state }: Response): boolean => state === 'waiting' || state === 'planned';

const isStanding = ({ state }: Response): boolean => (standingStates as readonly ResponseState[]).includes(state);

const taken = (response: Response, reason: ResponseReason, at: RouteFacts): Changes => {
  const state = isOpen(response) ? 'refused' : 'reverting';
  const next: Response = {
    ...response,
    ...{ state, reason, version: response.version + 1, updatedAt: at.now },
    until: isOpen(response) ? undefined : response.until,
  };
  return {
    responses: [next],
    jobs: isOpen(response) ? [] : [responseJob(next, at.now, at)],
    audit: [entry(`response.${state}`, next.id, at.now, factsOfResponse(next))],
  };
};

/** Makes what takes back, or never does, what the policy in force protects: the newest first. Gives how many that were. */
export const createRevertProtected = (parts: RevertProtectedParts): (() => Promise<number>) => {
  const { store, policy, facts, onChanged, see, giveUp, reversible } = parts;
  const pages = async function* () {
    for (let before: string | undefined, more = true; more;) {
      const query = { states: standingStates, limit: page, ...(before !== undefined && { before }) };
      const found: readonly Response[] = await store.responses(query);
      yield* found;
      before = found.at(-1)?.id;
      more = found.length === page;
    }
  };
  const reasonOf = (response: Response, grouped: ReadonlyMap<string, Response>): ResponseReason | undefined => {
    const { guardrails } = policy();
    const protection = protectionOf(response.target, guardrails);
    if (protection || !isActing(response)) return protection;
    return isLastOfGroup(response.target, guardrails, grouped.values()) ? 'last_of_group' : undefined;
  };
  const one = (id: string, grouped: Map<string, Response>): Promise<boolean> =>
    withoutConflict(async () => {
      const response = await store.response(id);
      if (!response || response.state === 'reverting' || !isStanding(response)) return false;
      see(response);
      const reason = reasonOf(response, grouped);
      // What cannot be taken back is told already, or is at its end.
      if (!reason || (!isOpen(response) && !reversible(response))) return false;
      const at = facts();
      const changes = taken(response, reason, at);
      const told = await answering(store, [response], changes.responses ?? [], at);
      await store.commit({ ...changes, jobs: [...(changes.jobs ?? []), ...told] });
      grouped.delete(id);
      giveUp(id);
      return true;
    });
  return async () => {
    const all: string[] = [];
    // Who of the protected groups is acted on, but for what is being taken back.
    const grouped = new Map<string, Response>();
    for await (const each of pages()) {
      all.push(each.id);
      const isGrouped = each.target.kind === 'user' && policy().guardrails.keepers(each.target.value).length > 0;
      if (isGrouped && isActing(each) && each.state !== 'reverting') grouped.set(each.id, each);
    }
    let count = 0;
    for (const id of all) if (await one(id, grouped)) count++;
    if (count > 0) onChanged();
    return count;
  };
};
