import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './workspace.ts';

/** The part of V8's CPU profile that is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Where time went: in a function itself, without what it called. */
export interface SelfTime {
  readonly where: string;
  readonly seconds: number;
  /** Of the time that was not idle. */
  readonly share: number;
}

const idle = new Set(['(idle)', '(program)']);

const placeOf = ({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string => {
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
  return `${functionName || '(anonymous)'} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`.trim();
};

/** Adds a profile's samples up, function by function, the dearest first. */
export const selfTimes = ({ nodes, samples, timeDeltas }: CpuProfile): readonly SelfTime[] => {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, number>();
  let busy = 0;
  for (const [at, sample] of samples.entries()) {
    const frame = places.get(sample);
    if (!frame || idle.has(frame.functionName)) continue;
    const seconds = (timeDeltas[at] ?? 0) / 1e6;
    const where = placeOf(frame);
    busy += seconds;
    spent.set(where, (spent.get(where) ?? 0) + seconds);
  }
  return [...spent]
    .map(([where, seconds]) => ({ where, seconds, share: seconds / busy }))
    .toSorted((one, other) => other.seconds - one.seconds);
};

const shown = 40;

const profileLines = (file: string): readonly string[] => {
  const times = selfTimes(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile);
  const busy = times.reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    '',
    `${basename(file)}: ${busy.toFixed(2)} s busy`,
    ...times.slice(0, shown).map(({ where, share }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${where}`),
  ];
};

/** The functions in which the processes and threads of a directory's profiles spent their time. */
export const profileReport = (directory: string): string =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .flatMap((name) => profileLines(join(directory, name)))
    .join('\n');
