import { sourcePattern } from './alert.ts';
import type { Clearance } from './channel/notice.ts';
import { compileExpression, type Expression, ExpressionError } from './expression.ts';
import { namesIn } from './expression/names.ts';
import { Sensitivity } from './sensitivity.ts';

/** What a principal may be allowed, in the order of their numbers on the wire, from 1. None implies another. */
export const scopes = [
  'alerts.write',
  'alerts.read',
  'alerts.read.personal',
  'alerts.read.health',
  'incidents.write',
  'silences.write',
  'responses.approve',
  'decisions.read',
  'audit.read',
  'admin',
] as const;

/** One of {@link scopes}. */
export type Scope = (typeof scopes)[number];

/**
 * How a principal proved who it is: a client certificate, a token of ours, a token of an OIDC issuer; `local` where
 * nothing was proved, on a gateway of this machine that asks for no proof.
 */
export type Proof = 'mtls' | 'token' | 'jwt' | 'local';

/** Who calls, and what it may do. */
export interface Principal {
  /** Of the form of `sourcePattern`: it is the `source` of the alerts that the principal reports. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Narrows what it may report and read to the alerts that match; see {@link compileNarrowing}. */
  readonly when?: Expression;
  readonly how: Proof;
}

/** True for what a principal may be called: a source, and not the name under which the audit speaks of the gateway itself. */
export const isPrincipalName = (text: string): boolean => sourcePattern.test(text) && text !== 'gateway';

const narrowing: ReadonlySet<string> = new Set(['type', 'source']);

/**
 * Compiles the condition that narrows a principal. It may speak of `type` and `source` only, which are never concealed
 * and which an incident has as well as an alert. Throws an `ExpressionError`.
 */
export const compileNarrowing = (source: string): Expression => {
  const expression = compileExpression(source);
  const other = [...namesIn(source)].find((name) => !narrowing.has(name));
  if (other === undefined) return expression;
  throw new ExpressionError(`speaks of ${other}; only type and source may narrow a principal`, { line: 1, column: 1 });
};

/** True if the principal has the scope. */
export const may = ({ scopes: allowed }: Pick<Principal, 'scopes'>, scope: Scope): boolean => allowed.has(scope);

/**
 * The most sensitive level that the principal may read: HEALTH, PERSONAL, or else INTERNAL. The levels are ordered, so
 * who may read HEALTH may read PERSONAL. There is no scope for SECRET.
 */
export const clearanceOf = (principal: Pick<Principal, 'scopes'>): Clearance => {
  if (may(principal, 'alerts.read.health')) return Sensitivity.HEALTH;
  return may(principal, 'alerts.read.personal') ? Sensitivity.PERSONAL : Sensitivity.INTERNAL;
};

/** True if the principal's condition lets alerts of this type and source through, or it has none. */
export const isWithin = (
  { when }: Pick<Principal, 'when'>,
  { type, source }: { readonly type: string; readonly source: string },
): boolean =>
  when === undefined ||
  when.matches({
    ...{ type, source, severity: 1, message: '', metadata: {} },
    ...{ fingerprint: '', dedupKey: '', occurredAt: 0, receivedAt: 0 },
  });

const everything: ReadonlySet<Scope> = new Set(scopes);

/** The principal of a gateway that asks for no proof: it is whoever it says it is, and may do everything. */
export const localPrincipal = (name: string): Principal => ({ name, scopes: everything, how: 'local' });
