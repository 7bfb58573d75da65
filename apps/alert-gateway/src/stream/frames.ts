/** Encoded events that were made already, of one topic. */
export interface Frames {
  /** False if the event of this alert was never made, or has been forgotten. */
  has(sequence: number): boolean;
  /** The event; undefined if the filter does not let the alert pass. */
  get(sequence: number): Buffer | undefined;
  remember(sequence: number, frame: Buffer | undefined): void;
}

interface Made {
  readonly frames: Map<number, Buffer | undefined>;
  readonly sequence: number;
  readonly size: number;
}

// What an entry takes beside its bytes, more or less.
const entrySize = 128;

/**
 * Makes memories for topics that share one bound: however many filters there are, what was made first is forgotten
 * first, and made again if somebody still needs it.
 */
export const createFrameMemory = (maxBytes: number): (() => Frames) => {
  let made: Made[] = [];
  let first = 0;
  let bytes = 0;
  const forget = (): void => {
    for (; bytes > maxBytes; first++) {
      const oldest = made[first];
      if (oldest === undefined) return;
      oldest.frames.delete(oldest.sequence);
      bytes -= oldest.size;
    }
    // Dropping from the front moves everything behind it, so it is done for many at once.
    if (first < made.length / 2) return;
    made = made.slice(first);
    first = 0;
  };
  return () => {
    const frames = new Map<number, Buffer | undefined>();
    return {
      has: (sequence) => frames.has(sequence),
      get: (sequence) => frames.get(sequence),
      remember: (sequence, frame) => {
        const size = entrySize + (frame?.length ?? 0);
        frames.set(sequence, frame);
        made.push({ frames, sequence, size });
        bytes += size;
        if (bytes > maxBytes) forget();
      },
    };
  };
};
