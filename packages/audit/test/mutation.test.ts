import { describe, expect, test } from '@jest/globals';
import { leafHash, systemRandom, treeHash } from '@therapytrain/alerts-core';
import { createKey, encodeEntry, signatureTypes } from '@therapytrain/alerts-audit';
import { type LogTrust, readKey } from '@therapytrain/alerts-audit-verifier';
import { copyOf, entriesOf, exported, faultOf, rewritten } from './support/copy.ts';
import { everyMutation, type Mutation, randomMutation } from './support/mutations.ts';
import { seeded } from './support/seeded.ts';

// 100,000 in the long form: AUDIT_MUTATIONS=100000 npx jest mutation
const mutations = Number(process.env['AUDIT_MUTATIONS'] ?? 10_000);
const seed = Number(process.env['AUDIT_SEED'] ?? Date.now() % 1_000_000);
const size = 48;

const log = createKey('log.example/mutated', signatureTypes.note, systemRandom);
const witness = createKey('witness.example/w', signatureTypes.cosignature, systemRandom);
const leaves = entriesOf(size).map(encodeEntry);
const genuine = copyOf(leaves, log, witness);
const root = treeHash(leaves.map((leaf) => leafHash(leaf)));

/** By the log's key alone, and with what the witness saw last. */
const alone: LogTrust = { log: readKey(log.vkey) };
const withHead: LogTrust = { ...alone, heads: [{ size, root }] };

const isChange = ({ apply }: Mutation): boolean => !Buffer.concat([...apply(leaves)]).equals(Buffer.concat(leaves));

const all = [...everyMutation(size)];
const random = seeded(seed);
while (all.length < mutations) all.push(randomMutation(leaves, random));
const changes = all.filter(isChange);

const forged = ({ apply }: Mutation) => rewritten(apply(leaves), log);

// Numbered anew, a changed number is what it was; and the last record once more is a log that has grown.
const rewrites = changes.filter(
  (mutation) => !Buffer.concat([...forged(mutation).leaves.slice(0, size)]).equals(Buffer.concat(leaves)),
);

/** Those that the verifier lets pass. */
const passing = async (
  trust: LogTrust,
  forge: (mutation: Mutation) => Buffer,
  tried = changes,
): Promise<readonly string[]> => {
  const kinds: string[] = [];
  for (const mutation of tried) if ((await faultOf(forge(mutation), trust)) === undefined) kinds.push(mutation.kind);
  return kinds;
};

describe(`${changes.length} mutations of a log (seed ${seed})`, () => {
  test('there are that many, and the log itself is genuine', async () => {
    expect(changes.length).toBeGreaterThan(0.95 * mutations);
    expect(rewrites.length).toBeGreaterThan(0.95 * mutations);
    expect(await faultOf(exported(genuine, log), withHead)).toBeUndefined();
    expect(await faultOf(exported(genuine, log), { ...withHead, witnesses: [readKey(witness.vkey)] })).toBeUndefined();
  });

  test('all are found by the log’s key alone, where who made them does not have it', async () => {
    expect(await passing(alone, ({ apply }) => exported({ ...genuine, leaves: apply(leaves) }, log))).toEqual([]);
  }, 600_000);

  test('all are found with the head of the witness, where the whole log was hashed and signed anew', async () => {
    expect(await passing(withHead, (mutation) => exported(forged(mutation), log), rewrites)).toEqual([]);
  }, 600_000);

  test('control: without the head, what was hashed and signed anew is not found', async () => {
    const missed = await passing(alone, (mutation) => exported(forged(mutation), log), rewrites);
    // Only what is no entry any more is found even so.
    expect(missed.length).toBeGreaterThan(0.25 * changes.length);
    expect(missed).toEqual(expect.arrayContaining(['delete 0', 'swap 7', 'double 20', `cut before ${size - 1}`]));
  }, 600_000);
});

describe('copies of a log', () => {
  test('that are old are found with the head of the witness, at every size; without it they pass', async () => {
    for (let old = 1; old < size; old++) {
      const restored = exported(copyOf(leaves.slice(0, old), log, witness), log);
      expect(await faultOf(restored, alone)).toBeUndefined();
      expect(await faultOf(restored, withHead)).toBe(`the log has ${old} entries, and ${size} were seen before`);
    }
  });

  test('that are newer than the head pass, and forks from before it do not', async () => {
    const heads = [{ size: 30, root: treeHash(leaves.slice(0, 30).map((leaf) => leafHash(leaf))) }];
    expect(await faultOf(exported(genuine, log), { ...alone, heads })).toBeUndefined();
    const fork = rewritten([...leaves.slice(0, 29), ...leaves.slice(30)], log);
    expect(await faultOf(exported(fork, log), { ...alone, heads })).toBe(
      'the first 30 entries are not those that were seen',
    );
  });

  test('that are cut off at any byte are found', async () => {
    const bytes = exported(genuine, log);
    for (let length = 0; length < bytes.length; length += 7) {
      expect(await faultOf(bytes.subarray(0, length), alone)).toBeDefined();
    }
  }, 60_000);

  test('the first thing that is wrong is told with its place', async () => {
    const changed = [...leaves.slice(0, 10), ...leaves.slice(11)];
    expect(await faultOf(exported({ ...genuine, leaves: changed }, log), alone)).toBe(
      'entry 11 says that it is entry 12',
    );
  });
});
