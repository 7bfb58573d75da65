import { beforeEach, describe, expect, test } from '@jest/globals';
import { createKey, consistencyProof, signatureTypes, signCheckpoint } from '@therapytrain/alerts-audit';
import { readCheckpoint, readKey } from '@therapytrain/alerts-audit-verifier';
import { type Hash, leafHash, systemRandom, treeHash } from '@therapytrain/alerts-core';
import type { SeenLogs } from '../src/audit/trust.ts';
import { createWitness, type Witness } from '../src/audit/witness.ts';

const log = createKey('log.example/w', signatureTypes.note, systemRandom);
const stranger = createKey('log.example/w', signatureTypes.note, systemRandom);
const unknown = createKey('log.example/x', signatureTypes.note, systemRandom);
const key = createKey('witness.example/1', signatureTypes.cosignature, systemRandom);

const hashes = (count: number, salt = ''): readonly Hash[] =>
  Array.from({ length: count }, (_, n) => leafHash(Buffer.from(`${salt}${n}`)));

const note = (size: number, { signer = log, salt = '' } = {}): string =>
  signCheckpoint({ origin: signer.name, size, root: treeHash(hashes(size, salt)) }, [signer]);

const proof = async (old: number, size: number, salt = ''): Promise<string> => {
  const all = hashes(size, salt);
  const path = await consistencyProof(old, size, async (level, index) =>
    treeHash(all.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  );
  return path.map((hash) => `${hash.toString('base64')}\n`).join('');
};

const request = async (old: number, size: number, salt = ''): Promise<string> =>
  `old ${old}\n${await proof(old, size, salt)}\n${note(size, { salt })}`;

let kept: SeenLogs[];
let keep: (seen: SeenLogs) => Promise<void>;
let witness: Witness;

const begin = (seen: SeenLogs = { logs: {} }): Witness =>
  createWitness({
    ...{ key, seen, logs: [readKey(log.vkey)], clock: { now: () => 1_700_000_000_999 } },
    keep: (next) => keep(next),
  });

beforeEach(() => {
  kept = [];
  keep = async (seen) => void kept.push(seen);
  witness = begin();
});

describe('a witness', () => {
  test('cosigns what extends what it saw, and keeps it before it answers', async () => {
    for (const [old, size] of [
      [0, 3],
      [3, 3],
      [3, 70],
    ] as const) {
      const answer = await witness.add(await request(old, size));
      expect(answer).toMatchObject({ status: 200, type: 'text/plain; charset=utf-8' });
      const cosigned = readCheckpoint(note(size) + answer.body, [readKey(log.vkey), readKey(key.vkey)]);
      expect(cosigned.witnesses).toMatchObject([{ time: 1_700_000_000 }]);
      expect(kept.at(-1)?.logs[log.name]).toEqual({ size, root: treeHash(hashes(size)).toString('base64') });
    }
  });

  test('takes an empty log', async () => {
    expect(await witness.add(await request(0, 0))).toMatchObject({ status: 200 });
    expect(await witness.add(await request(0, 5))).toMatchObject({ status: 200 });
  });

  test('goes on after a restart from what it kept', async () => {
    await witness.add(await request(0, 9));
    const again = begin(kept.at(-1));
    expect(await again.add(await request(0, 12))).toMatchObject({ status: 409, body: '9\n' });
    expect(await again.add(await request(9, 12))).toMatchObject({ status: 200 });
  });

  test('does not cosign what it could not keep', async () => {
    keep = () => Promise.reject(new Error('the disk is full'));
    expect(await witness.add(await request(0, 3))).toMatchObject({ status: 500 });
    keep = async (seen) => void kept.push(seen);
    expect(await witness.add(await request(0, 3))).toMatchObject({ status: 200 });
  });

  test('never goes back, though two ask at once', async () => {
    await witness.add(await request(0, 4));
    const answers = await Promise.all([witness.add(await request(4, 9)), witness.add(await request(4, 6))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 409]);
    expect(kept.at(-1)?.logs[log.name]?.size).toBe(9);
  });
});

describe('a witness refuses', () => {
  beforeEach(async () => {
    await witness.add(await request(0, 5));
    kept = [];
  });

  const whole = (): Promise<string> => request(5, 9);
  test.each<[string, number, string | undefined, () => Promise<string>]>([
    ['an older copy', 409, '5\n', () => request(3, 3)],
    ['what does not say what it saw', 409, '5\n', () => request(0, 9)],
    ['another tree of the same size', 409, undefined, () => request(5, 5, 'fork')],
    ['a fork', 422, undefined, () => request(5, 9, 'fork')],
    ['a proof that is cut off', 422, undefined, async () => (await whole()).replace(/^(old 5\n)[^\n]+\n/, '$1')],
    ['a log that it does not watch', 404, undefined, async () => `old 0\n\n${note(3, { signer: unknown })}`],
    ['a key that it does not know', 403, undefined, async () => `old 5\n\n${note(5, { signer: stranger })}`],
    ['a signature that does not hold', 403, undefined, async () => (await whole()).replace('\n9\n', '\n8\n')],
    ['a size before it', 400, undefined, async () => (await whole()).replace('old 5', 'old 10')],
    ['a size with a zero in front', 400, undefined, async () => (await whole()).replace('old 5', 'old 05')],
    ['a hash that is none', 400, undefined, async () => (await whole()).replace(/^old 5\n[^\n]+/, 'old 5\nAAAA')],
    [
      'more than 63 hashes',
      400,
      undefined,
      async () => `old 5\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n${note(9)}`,
    ],
    ['nothing', 400, undefined, async () => ''],
    ['no checkpoint', 404, undefined, async () => 'old 5\n\n'],
  ])('%s', async (_, status, body, ask) => {
    const answer = await witness.add(await ask());
    expect(answer.status).toBe(status);
    if (body !== undefined) expect(answer).toMatchObject({ type: 'text/x.tlog.size', body });
    expect(answer.body).not.toContain('—');
    expect(kept).toEqual([]);
  });
});
