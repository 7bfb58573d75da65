import type { Floor } from './table.ts';

/** As much of a `package-lock.json` as is looked at. */
export interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly link?: boolean; readonly hasInstallScript?: boolean }>
  >;
}

/** A package below its floor. */
export interface Breach {
  /** Where it is installed. */
  readonly path: string;
  readonly version: string;
  readonly floor: Floor;
}

const numbers = (version: string): readonly number[] => version.split(/[-+]/)[0]?.split('.').map(Number) ?? [];

/** Below 0 where the first is older. A version with a suffix (a release candidate) is older than the one without. */
export const compareVersions = (one: string, other: string): number => {
  const [left, right] = [numbers(one), numbers(other)];
  for (let at = 0; at < 3; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(other.includes('-')) - Number(one.includes('-'));
};

const majorOf = (version: string): number => numbers(version)[0] ?? 0;

// A version is held against the floor of its own line; one above all lines is newer than all that is known.
const keeps = (version: string, lines: readonly string[]): boolean => {
  const own = lines.find((line) => majorOf(line) === majorOf(version));
  if (own !== undefined) return compareVersions(version, own) >= 0;
  return lines.every((line) => majorOf(line) < majorOf(version));
};

/** The name of the package that is installed at a path of a lockfile. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Every package of a lockfile that is below its floor. */
export const breachesOf = ({ packages }: Lockfile, floors: readonly Floor[]): readonly Breach[] =>
  Object.entries(packages).flatMap(([path, { version, link }]) => {
    const floor = floors.find(({ name }) => path.includes('node_modules/') && nameOf(path) === name);
    if (!floor || link || version === undefined) return [];
    const lines = floor.except?.path === path ? [floor.except.floor] : floor.floors;
    const good = keeps(version, lines) && !floor.never?.includes(version);
    return good ? [] : [{ path, version, floor }];
  });

/** Floors of which nothing is installed: they say nothing, and are not counted as kept. */
export const absentIn = ({ packages }: Lockfile, floors: readonly Floor[]): readonly string[] =>
  floors
    .filter(({ name }) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)))
    .map(({ name }) => name);

/** Packages that want to run a script at their installation and are not among those that were looked at. */
export const unknownScripts = ({ packages }: Lockfile, known: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(packages)
    .filter(([path, { hasInstallScript }]) => hasInstallScript && !Object.hasOwn(known, nameOf(path)))
    .map(([path]) => path);
