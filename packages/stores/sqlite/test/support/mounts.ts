import { spawnSync } from 'node:child_process';
import { statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeDirectories, temporaryDirectory } from './directories.ts';

/** Directories that {@link unmountAll} removes. */
export const mounts: string[] = [];

/** A directory with a file system of its own, of so much space. */
export const mount = (size: string): string => {
  const directory = temporaryDirectory();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory]);
  mounts.push(directory);
  if (status !== 0) throw new Error('no file system can be mounted');
  return directory;
};
/** Lets go of all that was mounted. */
export const unmountAll = (): void => {
  for (const directory of mounts) spawnSync('umount', ['-l', directory]);
  removeDirectories(mounts.splice(0));
};

const canMount = (): boolean => {
  const directory = temporaryDirectory();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]).status === 0;
  if (mounted) spawnSync('umount', [directory]);
  removeDirectories([directory]);
  return mounted;
};

const freeBytes = (directory: string): number => {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
};

/** Leaves so much space, and tells how to give the rest back. */
export const fill = (directory: string, leave: number): (() => void) => {
  const filler = join(directory, 'filler');
  writeFileSync(filler, Buffer.alloc(Math.max(0, freeBytes(directory) - leave)));
  return () => unlinkSync(filler);
};

/** Why no file system can be mounted here; empty where it can. */
export const noMounting = canMount() ? '' : ' (skipped: no file system can be mounted)';
