import { type ContractOptions, defineContract } from './contract.ts';
import { auditChecks } from './store-checks/audit.ts';
import { changeChecks } from './store-checks/changes.ts';
import { claimChecks } from './store-checks/claim.ts';
import { closeChecks } from './store-checks/close.ts';
import { commitChecks } from './store-checks/commit.ts';
import { decisionChecks } from './store-checks/decisions.ts';
import { listChecks } from './store-checks/lists.ts';
import { modelChecks } from './store-checks/model.ts';
import { pruneChecks } from './store-checks/prune.ts';
import { responseChecks } from './store-checks/responses.ts';
import { rebaseChecks } from './store-checks/rebase.ts';
import { settleChecks } from './store-checks/settle.ts';
import { slotChecks } from './store-checks/slots.ts';
import type { OpenStore, StoreCheck } from './store-checks/subject.ts';
import { windowChecks } from './store-checks/windows.ts';

/**
 * What every `Store` promises, promise by promise. The checks need no test runner, so that a wrapped or a broken store
 * can be tried too.
 */
export const storeChecks: readonly StoreCheck[] = [
  ...commitChecks,
  ...slotChecks,
  ...claimChecks,
  ...settleChecks,
  ...listChecks,
  ...rebaseChecks,
  ...pruneChecks,
  ...windowChecks,
  ...changeChecks,
  ...responseChecks,
  ...decisionChecks,
  ...auditChecks,
  ...closeChecks,
  ...modelChecks,
];

/** Defines one test for each promise of a `Store`, each on a store of its own. */
export const storeContract = (name: string, open: OpenStore, options?: ContractOptions): void =>
  defineContract(`${name} meets the contract of a Store`, storeChecks, open, options);
