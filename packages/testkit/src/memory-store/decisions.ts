import type {
  Cursor,
  Decision,
  DecisionBatch,
  DecisionCount,
  DecisionQuery,
  Enforcer,
  Instant,
  KeptDecision,
} from '@therapytrain/alerts-core';
import type { DecisionRow, Rows } from './rows.ts';

/** What a store over maps does with decisions. */
export interface Decisions {
  put(decision: Decision, fence: number): boolean;
  end(id: string, fence: number, at: Instant): boolean;
  note(enforcer: Enforcer): void;
  one(id: string): KeptDecision | undefined;
  list(query: DecisionQuery): readonly Decision[];
  counts(at: Instant): readonly DecisionCount[];
  changed(after: Cursor, limit: number): DecisionBatch;
  newest(): Cursor;
  enforcers(): readonly Enforcer[];
}

const same = (one: Decision, other: Decision): boolean => JSON.stringify(one) === JSON.stringify(other);

const ascending = (one: string, other: string): number => (one < other ? -1 : 1);

const keptOf = ({ decision, place, endedAt }: DecisionRow): KeptDecision[] =>
  decision ? [{ decision, place, endedAt }] : [];

/** When it is over. */
export const overAt = ({ decision, endedAt = Infinity }: DecisionRow): Instant =>
  Math.min(decision?.until ?? Infinity, endedAt);

const createKeep = (rows: Rows): Pick<Decisions, 'put' | 'end' | 'note'> => {
  const keep = (id: string, row: Omit<DecisionRow, 'place'>): void => {
    const place = rows.decisionPlace() + 1;
    rows.moveDecisionPlace(place);
    rows.decisions.put(id, { ...row, place });
  };
  return {
    put: (decision, fence) => {
      const kept = rows.decisions.get(decision.id);
      if (kept && kept.fence > fence) return false;
      const isThere = kept?.decision && kept.endedAt === undefined && same(kept.decision, decision);
      if (kept && isThere) rows.decisions.put(decision.id, { ...kept, fence });
      else keep(decision.id, { fence, decision, endedAt: undefined });
      return true;
    },
    end: (id, fence, at) => {
      const kept = rows.decisions.get(id);
      if (kept && kept.fence > fence) return false;
      if (kept?.endedAt !== undefined) rows.decisions.put(id, { ...kept, fence });
      else keep(id, { fence, decision: kept?.decision, endedAt: at });
      return true;
    },
    note: (enforcer) => rows.enforcers.put(enforcer.name, enforcer),
  };
};

/** Makes what keeps decisions and answers about them. */
export const createDecisions = (rows: Rows): Decisions => {
  const inForce = (at: Instant): readonly Decision[] =>
    rows.decisions.all().flatMap((row) => (row.decision && overAt(row) > at ? row.decision : []));
  return {
    ...createKeep(rows),
    one: (id) =>
      rows.decisions
        .all()
        .flatMap(keptOf)
        .find(({ decision }) => decision.id === id),
    list: ({ at, kinds, after = '', limit }) =>
      inForce(at)
        .filter(({ id, kind }) => id > after && (kinds?.includes(kind) ?? true))
        .toSorted((one, other) => ascending(one.id, other.id))
        .slice(0, limit),
    counts: (at) => {
      const kinds = inForce(at).map(({ kind }) => kind);
      return [...new Set(kinds)].sort(ascending).map((kind) => ({
        kind,
        decisions: kinds.filter((each) => each === kind).length,
      }));
    },
    changed: (after, limit) => {
      const found = rows.decisions
        .all()
        .flatMap(keptOf)
        .filter(({ place }) => place > after);
      const decisions = found.sort((one, other) => one.place - other.place).slice(0, limit);
      return { decisions, cursor: decisions.at(-1)?.place ?? after, isIncomplete: after < rows.decisionsLetGo() };
    },
    newest: () => rows.decisionPlace(),
    enforcers: () => rows.enforcers.all().sort((one, other) => ascending(one.name, other.name)),
  };
};
