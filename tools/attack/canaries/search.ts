import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plantedIn } from '@therapytrain/alerts-testkit';
import type { Canaries, CanaryPlace } from './values.ts';

/** One way out, and what came out of it. */
export interface Sink {
  readonly name: string;
  readonly text: string;
  /** What is meant to come out there. */
  readonly allowed: readonly CanaryPlace[];
  /** What must be there, or the sink was not looked at: a word that the gateway says there. */
  readonly expects?: string | undefined;
}

/** What was found in one. */
export interface Searched {
  readonly name: string;
  readonly bytes: number;
  /** Places whose values came out and must not have. */
  readonly found: readonly CanaryPlace[];
  /** Values that were put into a copy of it, as they are, in hex and in base64, and how many of them were found. */
  readonly planted: number;
  readonly detected: number;
  /** False where what must be there is not. */
  readonly alive: boolean;
}

/** The ways in which a value may be written in what comes out. */
const disguises: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => Buffer.from(`x${value}!`).toString('hex'),
  (value) => Buffer.from(`${value}!`).toString('base64'),
  (value) => Buffer.from(`xx${value}!`).toString('base64'),
];

/** Looks for every value in a sink, and then for each of them in a copy in which it was hidden. */
export const search = (sink: Sink, canaries: Canaries): Searched => {
  const { name, text, allowed, expects } = sink;
  const found = plantedIn(text, canaries).filter((place) => !allowed.includes(place as CanaryPlace)) as CanaryPlace[];
  const middle = text.length >> 1;
  let planted = 0;
  let detected = 0;
  for (const [place, value] of Object.entries(canaries)) {
    for (const disguise of disguises) {
      planted++;
      // Around the middle is enough, and a copy of the whole for each would take minutes.
      const around = text.slice(Math.max(0, middle - 200), middle) + disguise(value) + text.slice(middle, middle + 200);
      if (plantedIn(around, { [place]: value }).length > 0) detected++;
    }
  }
  const alive = expects === undefined || text.includes(expects);
  return { name, bytes: Buffer.byteLength(text, 'latin1'), found, planted, detected, alive };
};

/** Every file below a directory, one after the other, as Latin-1. Links are not followed. */
export const filesIn = (directory: string, except: readonly string[] = []): string => {
  const parts: string[] = [];
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (except.includes(path)) continue;
    const about = lstatSync(path);
    parts.push(name);
    if (about.isDirectory()) parts.push(filesIn(path, except));
    else if (about.isFile()) parts.push(readFileSync(path, 'latin1'));
  }
  return parts.join('\n');
};
