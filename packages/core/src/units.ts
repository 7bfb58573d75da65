import { z } from 'zod';
import type { Millis } from './ports.ts';

const millis = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytes = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;

const quantity = (units: Readonly<Record<string, number>>, example: string) => {
  const names = Object.keys(units);
  const pattern = new RegExp(`^(\\d{1,12})(${names.join('|')})$`);
  return z
    .string()
    .regex(pattern, `is not a whole number with a unit (${names.join(', ')}), such as ${example}`)
    .transform((text): number => {
      const [, number, unit] = pattern.exec(text) ?? [];
      return Number(number) * (units[unit ?? ''] ?? 0);
    })
    .refine(Number.isSafeInteger, 'is too large');
};

/** A span of time in configuration: `250ms`, `30s`, `5m`, `24h`, `90d`. Yields milliseconds. */
export const duration = (): z.ZodType<Millis, string> => quantity(millis, '30s');

/** An amount of memory or disk in configuration: `512KiB`, `64MiB`, `10GiB`. Yields bytes. */
export const byteSize = (): z.ZodType<number, string> => quantity(bytes, '64MiB');

const byLength = [...Object.entries(millis)].reverse();

/** A span as {@link duration} reads it, in the largest unit of which it is a whole number: `90s`, `1h`, `0s`. */
export const durationText = (span: Millis): string => {
  if (span === 0) return '0s';
  const [unit, size] = byLength.find(([, each]) => Math.abs(span) >= each && span % each === 0) ?? ['ms', 1];
  return `${span / size}${unit}`;
};
