import { canonicalAddress, type Target, type TargetKind } from '@therapytrain/alerts-core/responder';

/** What is said to who comes late: see `ResponseAttempt.fence`. */
export const tookOver = 'a newer attempt took over';

const sorts: Readonly<Record<TargetKind, string>> = {
  address: 'an address or range',
  user: 'a user',
  access: 'the access of a user to a resource',
};

/** Why the target is none of this sort, as a sentence without it; undefined where it is one. */
export const targetFault = ({ kind, value, resource }: Target, wanted: TargetKind): string | undefined => {
  const names = wanted === 'address' ? canonicalAddress(value) !== undefined : value !== '';
  if (kind === wanted && names && (wanted !== 'access' || resource !== '')) return undefined;
  return `it acts on ${sorts[wanted]} alone`;
};
