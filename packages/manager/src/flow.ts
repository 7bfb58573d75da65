import {
  type AlertDraft,
  AlertError,
  type AlertLog,
  type AlertTypes,
  type AppendResult,
  type Ports,
  type Receipt,
} from '@therapytrain/alerts-core';
import { accept } from './stages/accept.ts';
import { keep } from './stages/keep.ts';

/** What the flow is made of. */
export interface FlowParts {
  readonly log: AlertLog;
  readonly types: () => AlertTypes;
  readonly ports: Ports;
}

/** The life of an alert: accept → keep → (with later issues) plan → deliver / respond → settle. */
export interface Flow {
  /** Once it resolves the reporter may forget the alert: it is durable. Rejects with an {@link AlertError}. */
  report(draft: AlertDraft, source: string): Promise<Receipt>;
  /** The same for many that share a commit; one that is refused does not touch its neighbours. */
  reportAll(drafts: readonly (AlertDraft | AlertError)[], source: string): Promise<readonly AppendResult[]>;
}

/** Ties the stages together. */
export const createFlow = (parts: FlowParts): Flow => {
  const facts = () => ({ types: parts.types(), ports: parts.ports });
  return {
    reportAll: async (drafts, source) =>
      keep(
        drafts.map((draft) => acceptOrRefuse(draft, source, facts())),
        parts.log,
      ),
    report: async (draft, source) => {
      const [result] = await parts.log.append([accept(draft, source, facts())]);
      if (result === undefined || result instanceof AlertError) throw result ?? new AlertError('DEFECT', 'no result');
      return result;
    },
  };
};

const acceptOrRefuse = (draft: AlertDraft | AlertError, source: string, facts: Parameters<typeof accept>[2]) => {
  if (draft instanceof AlertError) return draft;
  try {
    return accept(draft, source, facts);
  } catch (error) {
    if (error instanceof AlertError) return error;
    throw error;
  }
};
