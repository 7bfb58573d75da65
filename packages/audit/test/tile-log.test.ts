import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { AlertError, leafHash, systemRandom, treeHash } from '@therapytrain/alerts-core';
import {
  createKey,
  decodeBundle,
  encodeBundle,
  openTileLog,
  signatureTypes,
  type TileLog,
  tilePath,
  widthOf,
} from '@therapytrain/alerts-audit';
import fc from 'fast-check';

const key = createKey('log.example/tiles', signatureTypes.note, systemRandom);
const root = mkdtempSync(join(tmpdir(), 'tiles-'));
let count = 0;
const fresh = (): string => join(root, String(++count));

afterAll(() => rmSync(root, { recursive: true }));

const open = (directory: string): Promise<TileLog> => openTileLog({ directory, origin: key.name, known: [key] });

const leavesOf = (from: number, to: number): readonly Buffer[] =>
  Array.from({ length: to - from }, (_, n) => Buffer.from(`{"n":${from + n}}`));

const rootOf = (size: number): string => treeHash(leavesOf(0, size).map((leaf) => leafHash(leaf))).toString('base64');

const filesOf = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(directory, path)).isFile())
    .sort();

const broken = async (opening: Promise<unknown>): Promise<string> => {
  try {
    await opening;
  } catch (error) {
    return error instanceof AlertError ? error.code : String(error);
  }
  return 'opened';
};

describe('the layout of c2sp.org/tlog-tiles', () => {
  test('names tiles as its examples do', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 5, width: 12 })).toBe('tile/entries/005.p/12');
    expect(tilePath({ level: 1, index: 1_000, width: 256 })).toBe('tile/1/x001/000');
  });

  test('has the tiles of its examples', () => {
    // A tree of size 70,000; one of size 256.
    expect([272, 273, 274].map((index) => widthOf(0, index, 70_000))).toEqual([256, 112, 0]);
    expect([0, 1].map((index) => widthOf(1, index, 70_000))).toEqual([256, 17]);
    expect([0, 1].map((index) => widthOf(2, index, 70_000))).toEqual([1, 0]);
    expect([widthOf(0, 0, 256), widthOf(1, 0, 256), widthOf('entries', 0, 256)]).toEqual([256, 1, 256]);
  });

  test('tells the length of each entry of a bundle', () => {
    expect(encodeBundle([Buffer.from('ab'), Buffer.alloc(0)])).toEqual(Buffer.from('000261620000', 'hex'));
    expect(decodeBundle(Buffer.from('000261620000', 'hex'))).toEqual([Buffer.from('ab'), Buffer.alloc(0)]);
    for (const cut of [1, 2, 3, 5])
      expect(decodeBundle(Buffer.from('000261620000', 'hex').subarray(0, cut))).toBeUndefined();
  });
});

describe('a log in tiles', () => {
  test('has the tree of its leaves, however they came, and goes on after a restart', async () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 200, max: 600 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (sizes, restarts) => {
        const directory = fresh();
        let log = await open(directory);
        let size = 0;
        for (const [at, more] of sizes.entries()) {
          if (restarts[at]) log = await open(directory);
          await log.append(leavesOf(size, size + more), [key]);
          size += more;
          expect(log.head()).toMatchObject({ size });
          expect(log.head().root.toString('base64')).toBe(rootOf(size));
        }
        const reader = (await open(directory)).reader();
        const all = leavesOf(0, size);
        for (const index of [0, Math.floor(size / 2), size - 1]) expect(await reader.leaf(index)).toEqual(all[index]);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  test('has exactly the files that tools look for', async () => {
    const directory = fresh();
    const log = await open(directory);
    await log.append(leavesOf(0, 100), [key]);
    await log.append(leavesOf(100, 100), [key]);
    await log.append(leavesOf(100, 600), [key]);
    // Partial tiles that are full now are gone.
    expect(filesOf(directory)).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ]);
    expect(statSync(join(directory, 'tile/0/000')).size).toBe(8_192);
    expect(readFileSync(join(directory, 'checkpoint'), 'utf8')).toMatch(
      new RegExp(`^log.example/tiles\n600\n[^\n]{44}\n\n— log.example/tiles `),
    );
  });

  test('is what it was after a crash at any write, whole or cut off, and then grows as it would have', async () => {
    const [before, after] = [fresh(), fresh()];
    await (await open(before)).append(leavesOf(0, 250), [key]);
    cpSync(before, after, { recursive: true });
    await (await open(after)).append(leavesOf(250, 300), [key]);
    const written = filesOf(after).filter((path) => path !== 'checkpoint' && !filesOf(before).includes(path));
    expect(written.length).toBeGreaterThan(3);
    for (let done = 0; done <= written.length; done++) {
      for (const cut of [0, 0.5, 1]) {
        const crashed = fresh();
        cpSync(before, crashed, { recursive: true });
        for (const [at, path] of written.slice(0, done + 1).entries()) {
          const bytes = readFileSync(join(after, path));
          mkdirSync(dirname(join(crashed, path)), { recursive: true });
          writeFileSync(
            join(crashed, path),
            bytes.subarray(0, at < done ? bytes.length : Math.floor(bytes.length * cut)),
          );
        }
        writeFileSync(join(crashed, 'checkpoint.new'), 'half a checkpo');
        const log = await open(crashed);
        expect(log.head().size).toBe(250);
        await log.append(leavesOf(250, 300), [key]);
        expect(log.head().root.toString('base64')).toBe(rootOf(300));
        for (const path of written) expect(readFileSync(join(crashed, path))).toEqual(readFileSync(join(after, path)));
      }
    }
  }, 60_000);

  test('refuses to open where a tile at its edge was changed, is missing or cut off', async () => {
    const directory = fresh();
    await (await open(directory)).append(leavesOf(0, 700), [key]);
    for (const path of ['tile/0/002.p/188', 'tile/1/000.p/2', 'tile/entries/002.p/188']) {
      const whole = readFileSync(join(directory, path));
      const changed = Buffer.from(whole);
      changed[10] = (changed[10] ?? 0) ^ 1;
      for (const bytes of [changed, whole.subarray(0, 20), Buffer.alloc(0)]) {
        writeFileSync(join(directory, path), bytes);
        expect([path, await broken(open(directory))]).toEqual([path, 'AUDIT_BROKEN']);
      }
      rmSync(join(directory, path));
      expect([path, await broken(open(directory))]).toEqual([path, 'AUDIT_BROKEN']);
      writeFileSync(join(directory, path), whole);
    }
    expect((await open(directory)).head().size).toBe(700);
  });

  test('refuses the checkpoint of another log, of another key, and one that was edited', async () => {
    const directory = fresh();
    await (await open(directory)).append(leavesOf(0, 3), [key]);
    const other = createKey(key.name, signatureTypes.note, systemRandom);
    expect(await broken(openTileLog({ directory, origin: key.name, known: [other] }))).toBe('AUDIT_BROKEN');
    expect(await broken(openTileLog({ directory, origin: 'log.example/b', known: [key] }))).toBe('AUDIT_BROKEN');
    const note = readFileSync(join(directory, 'checkpoint'), 'utf8');
    writeFileSync(join(directory, 'checkpoint'), note.replace('\n3\n', '\n2\n'));
    expect(await broken(open(directory))).toBe('AUDIT_BROKEN');
  });

  test('says that the disk refused, stays as it was, and may be tried again', async () => {
    const directory = fresh();
    const log = await open(directory);
    await log.append(leavesOf(0, 3), [key]);
    // A file stands where a directory is to be.
    writeFileSync(join(directory, 'tile/0/000.p/4'), '');
    rmSync(join(directory, 'tile/entries'), { recursive: true });
    writeFileSync(join(directory, 'tile/entries'), '');
    expect(await broken(log.append(leavesOf(3, 5), [key]))).toBe('AUDIT_UNAVAILABLE');
    expect(log.head().size).toBe(3);
    rmSync(join(directory, 'tile/entries'));
    await log.append(leavesOf(3, 5), [key]);
    expect(log.head().root.toString('base64')).toBe(rootOf(5));
  });

  test('takes cosignatures of its newest checkpoint only', async () => {
    const directory = fresh();
    const log = await open(directory);
    const first = await log.append(leavesOf(0, 3), [key]);
    const witness = createKey('w.example', signatureTypes.note, systemRandom);
    const more = `${first}— w.example ${Buffer.alloc(68, 1).toString('base64')}\n`;
    await log.cosign(more);
    expect(log.checkpoint()).toBe(more);
    expect(witness.id).toHaveLength(8);
    const second = await log.append(leavesOf(3, 4), [key]);
    await log.cosign(more);
    expect(log.checkpoint()).toBe(second);
    expect(readFileSync(join(directory, 'checkpoint'), 'utf8')).toBe(second);
  });
});
