import { type Changes, type Response, standingStates } from '@therapytrain/alerts-core';
import { withoutConflict } from './changes.ts';
import type { RespondingParts } from './responding.ts';
import { protectionOf } from './stages/response-guard.ts';
import { responseJob } from './stages/response-job.ts';
import { factsOfResponse } from './stages/response-ledger.ts';
import type { ResponseReason } from './stages/response-reasons.ts';
import { entry } from './stages/route.ts';

const page = 500;

/** Makes what takes back, or never does, what the policy in force protects. */
export const createRevertProtected = (
  { store, policy, facts, onChanged }: RespondingParts,
  {
    see,
    giveUp,
    reversible,
  }: { see(response: Response): void; giveUp(id: string): void; reversible(response: Response): boolean },
) => {
  const change = (response: Response, reason: ResponseReason): Changes => {
    const at = facts();
    const isOpen = response.state === 'waiting' || response.state === 'planned';
    const state = isOpen ? 'refused' : 'reverting';
    const next: Response = {
      ...response,
      ...{ state, reason, version: response.version + 1, updatedAt: at.now },
      until: isOpen ? undefined : response.until,
    };
    return {
      responses: [next],
      jobs: isOpen ? [] : [responseJob(next, at.now, at)],
      audit: [entry(`response.${state}`, next.id, at.now, factsOfResponse(next))],
    };
  };
  const one = (id: string): Promise<boolean> =>
    withoutConflict(async () => {
      const response = await store.response(id);
      if (
        !response ||
        response.state === 'reverting' ||
        !(standingStates as readonly string[]).includes(response.state)
      ) {
        return false;
      }
      see(response);
      const reason = protectionOf(response.target, policy().guardrails);
      if (!reason) return false;
      // What cannot be taken back is told already, or is at its end.
      if (response.state !== 'waiting' && response.state !== 'planned' && !reversible(response)) return false;
      await store.commit(change(response, reason));
      giveUp(id);
      return true;
    });
  return async (): Promise<number> => {
    let count = 0;
    for (let before: string | undefined, more = true; more;) {
      const found: readonly Response[] = await store.responses({
        states: standingStates,
        limit: page,
        ...(before !== undefined && { before }),
      });
      for (const { id } of found) if (await one(id)) count++;
      before = found.at(-1)?.id;
      more = found.length === page;
    }
    if (count > 0) onChanged();
    return count;
  };
};
