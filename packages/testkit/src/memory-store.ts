import { AlertError, type Clock, type Store } from '@therapytrain/alerts-core';
import { createChanging } from './memory-store/changing.ts';
import { createClaims } from './memory-store/claims.ts';
import { createDecisions } from './memory-store/decisions.ts';
import { createPrune } from './memory-store/prune.ts';
import { createQuestions } from './memory-store/questions.ts';
import { createResponseQuestions } from './memory-store/responses.ts';
import { createRows } from './memory-store/rows.ts';

/** What a store that dies with its process is made of. */
export interface MemoryStoreParts {
  /** When a job is made and when it ends goes by this. */
  readonly clock: Pick<Clock, 'now'>;
}

/** The plainest store there is: maps, and commits that end before the call returns. It dies with its process. */
export const createMemoryStore = ({ clock }: MemoryStoreParts): Store => {
  const rows = createRows();
  const changing = createChanging(rows, clock);
  const claims = createClaims(rows, changing, clock);
  const questions = createQuestions(rows);
  const responses = createResponseQuestions(rows);
  const decisions = createDecisions(rows);
  let closed = false;
  const whileOpen = <A extends readonly unknown[], R>(work: (...args: A) => R) => {
    return async (...args: A): Promise<R> => {
      if (closed) throw new AlertError('CLOSED', 'the store is closed');
      return work(...args);
    };
  };
  const write = <A extends readonly unknown[], R>(work: (...args: A) => R) =>
    whileOpen((...args: A) => rows.transact(() => work(...args)));
  return {
    cursor: whileOpen(() => rows.cursor()),
    incidentsOf: whileOpen(questions.incidentsOf),
    incident: whileOpen((id: string) => rows.incidents.get(id)),
    incidents: whileOpen(questions.incidents),
    changedIncidents: whileOpen(questions.changedIncidents),
    newestChange: whileOpen(questions.newestChange),
    silences: whileOpen(questions.silences),
    applied: whileOpen((request: string) => rows.requests.get(request) !== undefined),
    commit: write(changing.apply),
    claim: write(claims.claim),
    renew: write(claims.renew),
    settle: write(claims.settle),
    hidden: whileOpen(questions.hidden),
    hiddenIncidents: whileOpen(questions.hiddenIncidents),
    nextDue: whileOpen(questions.nextDue),
    ref: whileOpen((incident: string, channel: string) => rows.refs.get(JSON.stringify([incident, channel]))),
    deliveries: whileOpen(questions.deliveries),
    replay: write(claims.replay),
    rebase: write(claims.rebase),
    prune: write(createPrune(rows)),
    accounting: whileOpen(questions.accounting),
    audit: whileOpen((after: number, limit: number) => rows.audit().slice(after, after + limit)),
    findAudit: whileOpen(questions.findAudit),
    subjectKeys: whileOpen(questions.subjectKeys),
    windows: whileOpen(questions.windows),
    windowCounts: whileOpen(questions.windowCounts),
    response: whileOpen((id: string) => rows.responses.get(id)),
    responses: whileOpen(responses.responses),
    responseFacts: whileOpen(responses.responseFacts),
    killSwitch: whileOpen(responses.killSwitch),
    putDecision: write(decisions.put),
    endDecision: write(decisions.end),
    noteEnforcer: write(decisions.note),
    decision: whileOpen(decisions.one),
    decisions: whileOpen(decisions.list),
    decisionCounts: whileOpen(decisions.counts),
    changedDecisions: whileOpen(decisions.changed),
    newestDecisionChange: whileOpen(decisions.newest),
    enforcers: whileOpen(decisions.enforcers),
    close: async () => void (closed = true),
  };
};
