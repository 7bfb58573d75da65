import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Cleanup } from './cleanup.ts';

/** A small filesystem that may be harmed. */
export interface Disk {
  /** Where it is mounted. */
  readonly path: string;
  /** Takes it away and removes what it was made of. */
  remove(): Promise<void>;
}

/** A filesystem in an image, which can lose power. */
export interface ImageDisk extends Disk {
  /** Cuts the power: what was not flushed is lost, and nothing can be written any more. */
  cut(): Promise<void>;
  /** Mounts it again, as after a boot. False if the cut filesystem came back instead (another namespace pins it). */
  remount(): Promise<boolean>;
}

const run = (command: string, ...args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
};

const unmountTries = 40;

// The last file of a killed process may be closed a moment after the process is gone.
const unmount = async (path: string): Promise<void> => {
  for (let tries = 1; ; tries++) {
    try {
      return run('umount', path);
    } catch (error) {
      if (tries === unmountTries) throw error;
      await pause(50);
    }
  }
};

/** The mount options of a path, from the text of /proc/mounts; undefined if nothing is mounted there. */
export const mountOptions = (mounts: string, path: string): readonly string[] | undefined =>
  mounts
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, at]) => at === path)?.[3]
    ?.split(',');

/** A filesystem in memory. */
export const createMemoryDisk = (directory: string, megabytes: number, cleanup: Cleanup): Disk => {
  mkdirSync(directory, { recursive: true });
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'torture', directory);
  const forget = cleanup.add(() => run('umount', '--lazy', directory));
  return {
    path: directory,
    remove: async () => {
      await unmount(directory);
      forget();
    },
  };
};

/** An ext4 in a loop-mounted image: no blocks are kept back for root, so that full means full. */
export const createImageDisk = (directory: string, megabytes: number, cleanup: Cleanup): ImageDisk => {
  const image = join(directory, 'image');
  const path = join(directory, 'mount');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, megabytes * 1024 * 1024);
  run('mkfs.ext4', '-q', '-F', '-m', '0', image);
  run('mount', '-o', 'loop', image, path);
  const forget = cleanup.add(() => {
    run('umount', '--lazy', path);
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    path,
    cut: async () => {
      // Without -f the journal is not flushed: FS_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH.
      await promisify(execFile)('xfs_io', ['-x', '-c', 'shutdown', path]);
    },
    remount: async () => {
      await unmount(path);
      run('mount', '-o', 'loop', image, path);
      return !mountOptions(readFileSync('/proc/mounts', 'utf8'), path)?.includes('shutdown');
    },
    remove: async () => {
      await unmount(path);
      forget();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
