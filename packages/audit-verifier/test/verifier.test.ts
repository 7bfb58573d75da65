import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  growTree,
  hashLeaf,
  isConsistent,
  isIncluded,
  NotGenuine,
  readCheckpoint,
  readKey,
  verifyExport,
} from '../src/index.ts';

// The shared vectors of RFC 6962.
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (leaf) => hashLeaf(Buffer.from(leaf, 'hex')),
);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const roots: Readonly<Record<number, Buffer>> = {
  1: hex('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'),
  2: hex('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'),
  5: hex('4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'),
  6: hex('76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'),
  8: hex('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'),
};
const [a, b, c] = [
  hex('96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7'),
  hex('5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e'),
  hex('6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4'),
];
const [d, e, f, g] = [
  hex('bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b'),
  hex('ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0'),
  hex('d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'),
  hex('0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a'),
];
const rootOf = (size: number): Buffer => roots[size] ?? Buffer.alloc(0);
const treeOf = (size: number) => ({ size, root: rootOf(size) });
const leaf = (at: number): Buffer => leaves[at] ?? Buffer.alloc(0);

describe('trees', () => {
  test('have the roots of the vectors', () => {
    const tree = growTree();
    expect(tree.root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    leaves.forEach((each, at) => {
      tree.add(each);
      const root = roots[at + 1];
      if (root) expect(tree.root()).toEqual(root);
    });
  });

  test('include what the vectors prove, and nothing that differs from it', () => {
    expect(isIncluded(leaf(0), 0, 1, [], rootOf(1))).toBe(true);
    expect(isIncluded(leaf(0), 0, 8, [a, b, c], rootOf(8))).toBe(true);
    expect(isIncluded(leaf(5), 5, 8, [d, e, f], rootOf(8))).toBe(true);
    for (const [index, size, path] of [
      [1, 8, [a, b, c]],
      [0, 4, [a, b, c]],
      [0, 9, [a, b, c]],
      [0, 8, [b, a, c]],
      [0, 8, [a, b]],
      [0, 8, [a, b, c, c]],
      [-1, 8, [a, b, c]],
      [8, 8, [a, b, c]],
      [0.5, 8, [a, b, c]],
      [0, 0, []],
    ] as const) {
      expect(isIncluded(leaf(0), index, size, path, rootOf(8))).toBe(false);
    }
  });

  test('extend what the vectors prove, and nothing that differs from it', () => {
    expect(isConsistent(treeOf(1), treeOf(8), [a, b, c])).toBe(true);
    expect(isConsistent(treeOf(6), treeOf(8), [g, e, f])).toBe(true);
    expect(isConsistent(treeOf(2), treeOf(5), [b, d])).toBe(true);
    expect(isConsistent(treeOf(8), treeOf(8), [])).toBe(true);
    for (const [old, now, proof] of [
      [treeOf(6), treeOf(8), [g, e]],
      [treeOf(6), treeOf(8), [e, g, f]],
      [treeOf(5), treeOf(8), [g, e, f]],
      [{ size: 6, root: rootOf(5) }, treeOf(8), [g, e, f]],
      [treeOf(6), { size: 8, root: rootOf(6) }, [g, e, f]],
      [treeOf(8), treeOf(6), [g, e, f]],
      [treeOf(8), { size: 8, root: rootOf(6) }, []],
      [treeOf(8), treeOf(8), [a]],
      [treeOf(2), treeOf(5), []],
    ] as const) {
      expect(isConsistent(old, now, proof)).toBe(false);
    }
  });
});

// A writer of its own, so that what is read here was written by nobody's code but Node's.
const spkiHead = 12;
const makeKey = (
  name: string,
  type: number,
): { readonly text: string; readonly id: Buffer; readonly secret: KeyObject } => {
  const { privateKey: secret, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(spkiHead);
  const typed = Buffer.concat([Buffer.of(type), raw]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8);
  return { text: `${name}+${id}+${typed.toString('base64')}`, id: Buffer.from(id, 'hex'), secret };
};
const key = makeKey('log.example/v', 1);
const signed = (text: string): string =>
  `${text}\n— log.example/v ${Buffer.concat([key.id, sign(null, Buffer.from(text), key.secret)]).toString('base64')}\n`;

const failure = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'genuine';
  } catch (error) {
    if (error instanceof NotGenuine) return error.message;
    throw error;
  }
};

describe('checkpoints', () => {
  const text = `log.example/v\n8\n${rootOf(8).toString('base64')}\n`;

  test('are read by the key that signed them', () => {
    expect(readCheckpoint(signed(text), [readKey(key.text)])).toMatchObject({
      size: 8,
      logs: [{ name: 'log.example/v' }],
    });
    expect(readCheckpoint(signed(text), []).logs).toEqual([]);
  });

  test.each([
    ['another text', (note: string) => note.replace('\n8\n', '\n7\n'), 'does not hold'],
    ['no signature', () => text, 'no signed note'],
    ['no size', (note: string) => note.replace('\n8\n', '\nx\n'), 'malformed'],
    ['a line that is none', (note: string) => `${note}nothing\n`, 'malformed'],
  ])('are refused with %s', async (_, change, said) => {
    expect(await failure(() => readCheckpoint(change(signed(text)), [readKey(key.text)]))).toContain(said);
  });

  test.each(['', 'a+b+c', key.text.replace('+', '+0'), key.text.replace('log', 'lag')])(
    'keys that are none are refused: %s',
    async (vkey) => expect(await failure(() => readKey(vkey))).toContain('no public key'),
  );
});

describe('exports', () => {
  const entry = (n: number): string =>
    `{"action":"a","actor":"x","at":1,"facts":{"sequence":99,"t":"\\"sequence\\":7,\\"subject\\":\\"\\",\\"v\\":1}"},"sequence":${n},"subject":"s\\"","v":1}`;
  const entries = [1, 2, 3].map(entry);
  const tree = growTree();
  entries.forEach((each) => tree.add(hashLeaf(Buffer.from(each))));
  const checkpoint = signed(`log.example/v\n3\n${tree.root().toString('base64')}\n`);
  const text = [
    '{"format":"therapytrain-alerts-audit/v1","log":""}',
    ...entries,
    JSON.stringify({ checkpoint }),
    '',
  ].join('\n');
  const trust = { log: readKey(key.text) };
  const verify = (changed: string) => failure(() => verifyExport([Buffer.from(changed)], trust));

  test('are verified in pieces of any size', async () => {
    for (const size of [1, 7, 64, 10_000]) {
      const bytes = Buffer.from(text);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      expect(await verifyExport(pieces, trust)).toMatchObject({ size: 3, origin: 'log.example/v' });
    }
  });

  test.each([
    ['another format', (all: string) => all.replace('/v1', '/v9'), 'no export of version 1'],
    ['nothing', () => '', 'cut off'],
    ['an entry less', (all: string) => all.replace(`${entry(3)}\n`, ''), 'the log has 2 entries, and its checkpoint 3'],
    [
      'entries in another order',
      (all: string) => all.replace(entry(1), 'x').replace(entry(2), entry(1)).replace('x', entry(2)),
      'entry 1 says that it is entry 2',
    ],
    ['a fact that was changed', (all: string) => all.replace('"actor":"x"', '"actor":"y"'), 'do not make the tree'],
    ['no checkpoint', (all: string) => all.slice(0, all.lastIndexOf('{"checkpoint"')), 'cut off'],
    ['an entry of another version', (all: string) => all.replace('"v":1}\n', '"v":2}\n'), 'entry of version 1'],
  ])('are refused with %s', async (_, change, said) => expect(await verify(change(text))).toContain(said));

  test('are held against heads, of which no two may differ', async () => {
    const early = growTree();
    early.add(hashLeaf(Buffer.from(entry(1))));
    const heads = [{ size: 1, root: early.root() }];
    expect(await failure(() => verifyExport([Buffer.from(text)], { ...trust, heads }))).toBe('genuine');
    const fork = [{ size: 1, root: tree.root() }];
    expect(await failure(() => verifyExport([Buffer.from(text)], { ...trust, heads: fork }))).toContain(
      'the first 1 entries',
    );
    expect(await failure(() => verifyExport([Buffer.from(text)], { ...trust, heads: [...heads, ...fork] }))).toContain(
      'two heads',
    );
    const later = [{ size: 4, root: tree.root() }];
    expect(await failure(() => verifyExport([Buffer.from(text)], { ...trust, heads: later }))).toContain(
      '4 were seen before',
    );
  });
});
