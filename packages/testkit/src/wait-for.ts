import { setTimeout as pause } from 'node:timers/promises';
import type { Millis } from '@therapytrain/alerts-core';

/** How long to wait, and for what. */
export interface WaitOptions {
  /** Real milliseconds after which waiting fails. Default: 10,000. */
  readonly deadline?: Millis;
  /** What is waited for, as the end of "waited … ms for". */
  readonly what?: string;
}

const between = 5;

/**
 * Waits until the condition gives something truthy, and gives that. It looks every few milliseconds of real time; what
 * the condition throws goes through. Throws when the deadline passes.
 */
export const waitFor = async <T>(
  condition: () => T | Promise<T>,
  { deadline = 10_000, what = 'a condition' }: WaitOptions = {},
): Promise<NonNullable<T>> => {
  const until = performance.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() >= until) throw new Error(`waited ${deadline} ms for ${what}`);
    await pause(between);
  }
};
