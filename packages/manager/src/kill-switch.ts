import type { KillSwitch, Store } from '@therapytrain/alerts-core';

/** The kill switch as this process has it: asked before every attempt, and told to every attempt under way at once. */
export interface Switch {
  /** As it was turned last, by whoever had the store open. */
  read(): Promise<KillSwitch>;
  /** Resolves when it is known here how the switch is: at once but for the first time. */
  known(): Promise<void>;
  /** True where nothing may be done. Exact once `read` or `known` has resolved for the first time; true before. */
  isOn(): boolean;
  /** Turns it. On holds from the call, before it is durable; off holds when it is. */
  turn(to: KillSwitch, commit: () => Promise<void>): Promise<void>;
  /** Calls the listener when it is turned on, until what it returns is called. */
  follow(listener: () => void): () => void;
}

/** Makes the switch of a store. */
export const createSwitch = (store: Pick<Store, 'killSwitch'>): Switch => {
  let isOn: boolean | undefined;
  const listeners = new Set<() => void>();
  const read = async (): Promise<KillSwitch> => {
    const kept = await store.killSwitch();
    isOn ??= kept.on;
    return kept;
  };
  return {
    read,
    known: async () => {
      if (isOn === undefined) await read();
    },
    isOn: () => isOn ?? true,
    turn: async ({ on }, commit) => {
      if (on) {
        isOn = true;
        for (const listener of listeners) listener();
      }
      await commit();
      isOn = on;
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
