/** Bounds retries by what goes through, so that they cannot keep an overloaded gateway overloaded. */
export interface RetryBudget {
  /** So many calls went through. */
  earn(count: number): void;
  /** True if one more retry is allowed, and takes it. */
  spend(): boolean;
}

/** A bucket that begins full: each success adds `ratio`, each retry takes 1. */
export const createRetryBudget = (options: { ratio: number; capacity: number }): RetryBudget => {
  const { ratio, capacity } = options;
  let left = capacity;
  return {
    earn: (count) => {
      left = Math.min(capacity, left + count * ratio);
    },
    spend: () => {
      if (left < 1) return false;
      left--;
      return true;
    },
  };
};
