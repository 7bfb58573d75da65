import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFakeClock } from '@therapytrain/alerts-testkit';
import { createReadFiles, watchFiles } from '../src/file-watch.ts';

describe('a file that is watched', () => {
  let directory: string;
  let clock: ReturnType<typeof createFakeClock>;
  let changes: number;
  let stop = (): void => {};
  const files = createReadFiles();
  const read = (...names: readonly string[]): void => {
    const onRead = files.begin();
    for (const name of names) onRead(join(directory, name));
  };
  const watch = (...names: readonly string[]): void => {
    read('policy.yaml', ...names);
    const watching = watchFiles(files, clock, () => void changes++);
    stop = () => watching.stop();
  };
  const write = (text: string, name = 'policy.yaml'): void => writeFileSync(join(directory, name), text);
  const look = (): Promise<void> => clock.advance(1_000);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'watched-'));
    clock = createFakeClock();
    changes = 0;
    write('one: 1');
  });
  afterEach(() => {
    stop();
    rmSync(directory, { recursive: true });
  });

  test('is told of when it was written, once, after it has stayed the same for a look', async () => {
    watch();
    await look();
    expect(changes).toBe(0);
    write('one: 2, in part');
    await look();
    write('one: 2, in part and the rest');
    await look();
    expect(changes).toBe(0);
    await look();
    await look();
    await look();
    expect(changes).toBe(1);
  });

  test('is told of when another was put in its place by a rename, as editors do', async () => {
    watch();
    write('one: 9', 'policy.yaml.swp');
    renameSync(join(directory, 'policy.yaml.swp'), join(directory, 'policy.yaml'));
    await look();
    await look();
    expect(changes).toBe(1);
    write('one: 8', 'policy.yaml.swp');
    renameSync(join(directory, 'policy.yaml.swp'), join(directory, 'policy.yaml'));
    await look();
    await look();
    expect(changes).toBe(2);
  });

  test('is told of when a link on the way to it was swapped, as Kubernetes does', async () => {
    for (const version of ['..1', '..2']) {
      mkdirSync(join(directory, version));
      write(`version: ${version}`, `${version}/policy.yaml`);
    }
    rmSync(join(directory, 'policy.yaml'));
    symlinkSync('..1', join(directory, '..data'));
    symlinkSync('..data/policy.yaml', join(directory, 'policy.yaml'));
    watch();
    await look();
    symlinkSync('..2', join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    rmSync(join(directory, '..1'), { recursive: true });
    await look();
    await look();
    expect(changes).toBe(1);
  });

  test('is told of when it is gone, and when it is there again', async () => {
    watch();
    rmSync(join(directory, 'policy.yaml'));
    await look();
    await look();
    expect(changes).toBe(1);
    write('one: 3');
    await look();
    await look();
    expect(changes).toBe(2);
  });

  test('a file that was read with it is watched too, also one that a later reading looked at first', async () => {
    write('one', 'secret');
    watch('secret');
    write('two', 'secret');
    await look();
    expect(changes).toBe(0);
    await look();
    expect(changes).toBe(1);
    write('three', 'other');
    read('policy.yaml', 'secret', 'other');
    // Between the reading and the first look at it.
    write('three and a half', 'other');
    await look();
    await look();
    expect(changes).toBe(2);
    await look();
    await look();
    expect(changes).toBe(2);
  });

  test('a secret that is being written is not read half, and two that change together are one change', async () => {
    write('one', 'secret');
    write('one', 'other');
    watch('secret', 'other');
    write('', 'secret');
    write('t', 'other');
    await look();
    write('tw', 'secret');
    write('tw', 'other');
    await look();
    write('two', 'secret');
    write('two', 'other');
    await look();
    expect(changes).toBe(0);
    await look();
    await look();
    expect(changes).toBe(1);
  });

  test('a file that is no longer read is no longer watched, and a reading that fails changes nothing', async () => {
    write('one', 'secret');
    watch('secret');
    await look();
    read('policy.yaml');
    write('two', 'secret');
    await look();
    await look();
    expect(changes).toBe(0);
    // Read again as it is now.
    read('policy.yaml', 'secret');
    await look();
    await look();
    expect(changes).toBe(0);
    write('three', 'secret');
    await look();
    await look();
    expect(changes).toBe(1);
  });

  test('is watched no more after stop', async () => {
    watch();
    stop();
    write('one: 4');
    await look();
    await look();
    await look();
    expect(changes).toBe(0);
  });
});
