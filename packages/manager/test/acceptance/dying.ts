import { AlertError, type Store } from '@therapytrain/alerts-core';

const writes = ['commit', 'claim', 'renew', 'settle'] as const;

/** A store whose process dies at its n-th write: just before it, or just after it became durable. */
export const dyingAt = (
  store: Store,
  write: number,
  when: 'before' | 'after',
): { readonly store: Store; readonly dead: () => boolean } => {
  let left = write;
  let dead = false;
  const away = (): never => {
    throw new AlertError('STORE_UNAVAILABLE', 'the process is dead');
  };
  const wrapped = Object.fromEntries(
    Object.entries(store).map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        if (dead) return away();
        const dies = (writes as readonly string[]).includes(name) && --left === 0;
        if (dies && when === 'before') {
          dead = true;
          return away();
        }
        const result: unknown = await (method as (...args: unknown[]) => Promise<unknown>)(...args);
        if (dies) {
          dead = true;
          return away();
        }
        return result;
      },
    ]),
  ) as unknown as Store;
  return { store: wrapped, dead: () => dead };
};
