/** What has to be undone before the harness ends, whatever ends it. */
export interface Cleanup {
  /** Registers how to undo something, without waiting. Returns how to forget it, once it is undone. */
  add(undo: () => void): () => void;
  /** Undoes everything that is left, the last first. */
  all(): void;
}

/** Makes the list. A part that fails does not keep the others from being undone. */
export const createCleanup = (onFailure: (error: unknown) => void): Cleanup => {
  const undos = new Set<() => void>();
  return {
    add: (undo) => {
      undos.add(undo);
      return () => void undos.delete(undo);
    },
    all: () => {
      for (const undo of [...undos].reverse()) {
        undos.delete(undo);
        try {
          undo();
        } catch (error) {
          onFailure(error);
        }
      }
    },
  };
};
