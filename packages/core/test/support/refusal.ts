import { AlertError } from '@therapytrain/alerts-core';

/** What the call was refused with. Throws whatever else was thrown, and when nothing was. */
export const refusal = (act: () => unknown): AlertError => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof AlertError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
};

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype] as const;
const ownNames = (): readonly string[] => prototypes.map((each) => Reflect.ownKeys(each).map(String).join());
const before = ownNames();

/** What was added to the prototypes that all objects share since this file was loaded; empty if nothing was. */
export const pollution = (): readonly string[] => ownNames().filter((names, at) => names !== before[at]);
