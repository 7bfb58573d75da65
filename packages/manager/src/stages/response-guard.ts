import { type Instant, type Response, type ResponseState } from '@therapytrain/alerts-core';
import { type Target, userForm } from '@therapytrain/alerts-core/responder';
import type { Guardrails } from '../policy/playbook.ts';
import type { ResponseReason } from './response-reasons.ts';

/** A target as one text: equal for equal targets. For comparing alone; it is personal, and is never shown. */
export const targetKey = ({ kind, value, resource }: Target): string => JSON.stringify([kind, value, resource]);

/** States in which a response has its effect, is about to have it, or may have it. */
const acting: readonly ResponseState[] = [
  'planned',
  'executing',
  'in_force',
  'done',
  'unknown',
  'reverting',
  'revert_failed',
];

/** States in which it had its effect, or may have had it. */
const acted: readonly ResponseState[] = ['in_force', 'done', 'unknown', 'reverting', 'reverted', 'revert_failed'];

/** True where the target is under the response's effect now, or may be. */
export const isActing = ({ state }: Response): boolean => acting.includes(state);

/** True where it was done, or may have been. */
export const hasActed = ({ state }: Pick<Response, 'state'>): boolean => acted.includes(state);

/**
 * The rung after the last one that a target was on, by what was done to it at this time or later; 0 where nothing was.
 * What a person took back does not count.
 */
export const nextRung = (
  before: readonly Pick<Response, 'state' | 'by' | 'updatedAt' | 'rung'>[],
  since: Instant,
): number =>
  before
    .filter((each) => hasActed(each) && each.by === '' && each.updatedAt >= since)
    .reduce((rung, each) => Math.max(rung, each.rung + 1), 0);

/** True where a person took it back or rejected it, at this time or later. */
export const isGraced = (
  { state, by, updatedAt }: Pick<Response, 'state' | 'by' | 'updatedAt'>,
  since: Instant,
): boolean => by !== '' && updatedAt >= since && ['rejected', 'reverting', 'reverted', 'revert_failed'].includes(state);

/** How many persons must approve what acts on a range: the two-person rule of reliability.md S25. */
export const wideApprovers = 2;

/** True where the target is a range of addresses, not one, and the policy wants two persons to approve such. */
export const needsTwo = (
  { kind, value }: Target,
  { wideNeedsApproval }: Pick<Guardrails, 'wideNeedsApproval'>,
): boolean => wideNeedsApproval && kind === 'address' && value.includes('/');

/** Why the target must not be acted on; undefined where it may be. It fails closed: what cannot be asked protects. */
export const protectionOf = (target: Target, guardrails: Pick<Guardrails, 'protects'>): ResponseReason | undefined => {
  try {
    return guardrails.protects(target) === undefined ? undefined : 'protected';
  } catch {
    return 'unprotected_failed';
  }
};

/**
 * True where acting on the user would leave too few of one of its groups that nothing acts on. Whatever acts on a user
 * counts: what keeps somebody out, only who wrote the responder knows. `of` must hold the standing responses of every user
 * of the groups, without the one that is asked about.
 */
export const isLastOfGroup = (
  target: Target,
  guardrails: Pick<Guardrails, 'keepers'>,
  of: Iterable<Response>,
): boolean => {
  if (target.kind !== 'user') return false;
  const groups = guardrails.keepers(target.value);
  if (groups.length === 0) return false;
  const out = new Set([userForm(target.value)]);
  for (const each of of) if (each.target.kind === 'user' && isActing(each)) out.add(userForm(each.target.value));
  return groups.some(({ users, keep }) => users.filter((user) => !out.has(userForm(user))).length < keep);
};

/** The users of the groups that a target is in, as targets: who decides about it must know of all of them. */
export const companionsOf = (target: Target, guardrails: Pick<Guardrails, 'keepers'>): readonly Target[] =>
  target.kind === 'user'
    ? guardrails
        .keepers(target.value)
        .flatMap(({ users }) => users)
        .map((value) => ({ kind: 'user', value, resource: '' }))
    : [];

/** What an alert tells of that a responder of the kind has caused: alerts that follow from acting alone. */
const causes: Readonly<Record<string, readonly string[]>> = {
  'block-address': ['RATE_LIMIT_BREACH'],
  'throttle-address': ['RATE_LIMIT_BREACH'],
  'lock-account': ['AUTH_FAILURE'],
  'revoke-sessions': ['AUTH_FAILURE'],
  'step-up': ['AUTH_FAILURE'],
  'revoke-access': ['UNUSUAL_ACCESS'],
};

/** True where a responder of the kind, at work on the target, makes alerts of the type by itself. */
export const isCausedBy = (type: string, kind: string): boolean =>
  Object.hasOwn(causes, kind) && (causes[kind]?.includes(type) ?? false);
