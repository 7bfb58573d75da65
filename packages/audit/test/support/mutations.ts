import type { SeededRandom } from './seeded.ts';

/** A change of a log's entries that leaves it another one. */
export interface Mutation {
  readonly kind: string;
  apply(leaves: readonly Buffer[]): readonly Buffer[];
}

const replaced = (leaves: readonly Buffer[], at: number, ...by: readonly Buffer[]): readonly Buffer[] => [
  ...leaves.slice(0, at),
  ...by,
  ...leaves.slice(at + 1),
];

const flipped = (leaf: Buffer, at: number, bit: number): Buffer => {
  const changed = Buffer.from(leaf);
  changed[at] = (changed[at] ?? 0) ^ (1 << bit);
  return changed;
};

/** Every change of one record: deleted, doubled, swapped with the next, emptied, and the log cut off before it. */
export const everyMutation = (count: number): readonly Mutation[] =>
  Array.from({ length: count }, (_, at): readonly Mutation[] => [
    { kind: `delete ${at}`, apply: (leaves) => replaced(leaves, at) },
    {
      kind: `double ${at}`,
      apply: (leaves) => replaced(leaves, at, ...leaves.slice(at, at + 1), ...leaves.slice(at, at + 1)),
    },
    { kind: `cut before ${at}`, apply: (leaves) => leaves.slice(0, at) },
    {
      kind: `swap ${at}`,
      apply: (leaves) => {
        const other = (at + 1) % count;
        const [one, two] = [leaves[at], leaves[other]];
        return one && two ? replaced(replaced(leaves, at, two), other, one) : leaves;
      },
    },
    {
      kind: `insert ${at}`,
      apply: (leaves) => replaced(leaves, at, Buffer.from('{"forged":true}'), ...leaves.slice(at, at + 1)),
    },
    { kind: `empty ${at}`, apply: (leaves) => replaced(leaves, at, Buffer.alloc(0)) },
  ]).flat();

/** A change by chance: a bit of a record, or records moved. */
export const randomMutation = (leaves: readonly Buffer[], random: SeededRandom): Mutation => {
  const at = random.below(leaves.length);
  const leaf = leaves[at] ?? Buffer.alloc(0);
  const byte = random.below(leaf.length);
  const bit = random.below(8);
  const to = (at + 1 + random.below(leaves.length - 1)) % leaves.length;
  switch (random.below(4)) {
    case 0: {
      const rest = replaced(leaves, at);
      return { kind: `move ${at} to ${to}`, apply: () => [...rest.slice(0, to), leaf, ...rest.slice(to)] };
    }
    case 1:
      return { kind: `copy ${at} over ${to}`, apply: () => replaced(leaves, to, leaf) };
    default:
      return {
        kind: `flip bit ${bit} of byte ${byte} of ${at}`,
        apply: () => replaced(leaves, at, flipped(leaf, byte, bit)),
      };
  }
};
