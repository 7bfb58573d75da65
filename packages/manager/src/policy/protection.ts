import { isIP } from 'node:net';
import type { Target } from '@therapytrain/alerts-core/responder';

/** A seam: core's own comes with the responders. */
export const canonicalAddress = (text: string): string | undefined => {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
  if (Number(bits ?? 0) > (family === 4 ? 32 : 128)) return undefined;
  return text.toLowerCase();
};

/** A seam: core's own comes with the responders. */
export const createProtection = ({
  addresses,
  users,
}: {
  readonly addresses: readonly string[];
  readonly users: readonly string[];
}): ((target: Target) => string | undefined) => {
  const listed = { address: new Set(addresses), user: new Set(users) };
  return ({ kind, value }) =>
    kind === 'address'
      ? listed.address.has(value)
        ? 'own network'
        : undefined
      : listed.user.has(value)
        ? 'protected user'
        : undefined;
};
