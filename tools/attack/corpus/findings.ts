import { readFileSync } from 'node:fs';

/** A message that is sent first in every run: it went wrong once, here or elsewhere. */
export interface KeptMessage {
  /** The name of the method. */
  readonly method: string;
  /** Its bytes. */
  readonly hex: string;
  /** What went wrong, where and when. */
  readonly why: string;
}

/** What is kept in `kept.json`. */
export const keptMessages = (): readonly KeptMessage[] =>
  JSON.parse(readFileSync(new URL('./kept.json', import.meta.url), 'utf8')) as KeptMessage[];
