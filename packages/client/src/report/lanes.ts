import { type AlertSeverity, severities } from '@therapytrain/alerts-core';

/** What waits in lanes. */
export interface Waiting {
  readonly severity: AlertSeverity;
  readonly encoded: Uint8Array;
  /** False once it has ended while it waited; it is then passed over. */
  readonly open: boolean;
}

/** A queue that gives the most severe first, and within a severity the oldest. */
export interface Lanes<T extends Waiting> {
  size(): number;
  put(item: T): void;
  /** Puts items that were taken before all that wait, in the order in which they were taken. */
  putBack(items: readonly T[]): void;
  /** At most so many, with at most so many bytes together; one if only one fits or it is larger. */
  take(maxCount: number, maxBytes: number): T[];
  /** Takes out the newest of the least severe. */
  evict(): T | undefined;
  /** All that wait, in no particular order. */
  each(visit: (item: T) => void): void;
}

// An array that is read from the front without moving the rest each time.
interface Lane<T> {
  items: T[];
  head: number;
}

const compactAt = 1_024;

const shift = <T>(lane: Lane<T>): void => {
  lane.head++;
  if (lane.head < compactAt || lane.head * 2 < lane.items.length) return;
  lane.items = lane.items.slice(lane.head);
  lane.head = 0;
};

/** Makes empty lanes. `overhead` is what each item costs beside its bytes. */
export const createLanes = <T extends Waiting>(overhead: number): Lanes<T> => {
  const mostSevereFirst: readonly Lane<T>[] = severities.map(() => ({ items: [], head: 0 }));
  const laneOf = ({ severity }: T): Lane<T> | undefined => mostSevereFirst[severities.length - severity];
  let size = 0;
  return {
    size: () => size,
    put: (item) => {
      laneOf(item)?.items.push(item);
      size++;
    },
    putBack: (items) => {
      for (const lane of mostSevereFirst) {
        const own = items.filter((item) => laneOf(item) === lane);
        if (own.length === 0) continue;
        lane.items = [...own, ...lane.items.slice(lane.head)];
        lane.head = 0;
        size += own.length;
      }
    },
    take: (maxCount, maxBytes) => {
      const taken: T[] = [];
      let bytes = 0;
      for (const lane of mostSevereFirst) {
        while (lane.head < lane.items.length) {
          const item = lane.items[lane.head];
          if (item?.open) {
            const cost = item.encoded.length + overhead;
            if (taken.length === maxCount || (taken.length > 0 && bytes + cost > maxBytes)) return taken;
            bytes += cost;
            taken.push(item);
          }
          shift(lane);
          size--;
        }
      }
      return taken;
    },
    evict: () => {
      const lane = mostSevereFirst.findLast(({ items, head }) => head < items.length);
      if (!lane) return undefined;
      size--;
      return lane.items.pop();
    },
    each: (visit) => {
      for (const { items, head } of mostSevereFirst) {
        for (let at = head; at < items.length; at++) {
          const item = items[at];
          if (item) visit(item);
        }
      }
    },
  };
};
