/** The middle of some numbers, the mean of the two middle ones where their count is even. NaN for none. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

/** The least value that at least this share (above 0, up to 1) of the values do not exceed. NaN for none. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

/** The same things, begun one further each round, so that none always goes first. */
export const rotated = <T>(things: readonly T[], round: number): readonly T[] => {
  const first = things.length === 0 ? 0 : round % things.length;
  return [...things.slice(first), ...things.slice(0, first)];
};
