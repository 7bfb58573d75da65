import type { Clock, Ids, Random } from './ports.ts';

const pool = 4096;
const perId = 8;
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const counterBits = 0x1000;

/** What a UUID looks like in text form, in any version and case. */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Makes UUIDs of version 7 (RFC 9562 §5.7) that ascend as text: 48 bits of milliseconds, a 12-bit counter in `rand_a`
 * (§6.2, method 1) and 62 random bits. When the clock stands still or goes back, the last millisecond is kept and the
 * counter goes on; when the counter runs over, the millisecond is advanced. `newest`, an id of an earlier run, makes
 * the first id come after it even if the clock has gone back since.
 */
export const createIds = (clock: Clock, random: Random, newest?: string): Ids => {
  const bytes = new Uint8Array(pool);
  let used = pool;
  let last = newest === undefined ? -1 : Number.parseInt(newest.slice(0, 8) + newest.slice(9, 13), 16);
  let counter = newest === undefined ? 0 : Number.parseInt(newest.slice(15, 18), 16);
  let shown = -1;
  let prefix = '';
  // Many ids share a millisecond, and so the beginning of their text.
  const timeOf = (millis: number): string => {
    if (millis !== shown) {
      const time = millis.toString(16).padStart(12, '0');
      prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
      shown = millis;
    }
    return prefix;
  };
  const tick = (): void => {
    const now = clock.now();
    if (now > last) {
      last = now;
      counter = 0;
    } else if (++counter === counterBits) {
      last++;
      counter = 0;
    }
  };
  const byte = (at: number): string => hex[bytes[at] ?? 0] ?? '00';
  return {
    next: () => {
      if (used === pool) {
        random.fill(bytes);
        used = 0;
      }
      tick();
      const at = used;
      used += perId;
      const variant = hex[((bytes[at] ?? 0) & 0x3f) | 0x80] ?? '80';
      return (
        `${timeOf(last)}${counter.toString(16).padStart(3, '0')}-` +
        `${variant}${byte(at + 1)}-${byte(at + 2)}${byte(at + 3)}${byte(at + 4)}${byte(at + 5)}${byte(at + 6)}${byte(at + 7)}`
      );
    },
  };
};

/** The 16 bytes of a UUID in text form. The text must match {@link uuidPattern}. */
export const uuidBytes = (text: string): Uint8Array => Buffer.from(text.replaceAll('-', ''), 'hex');
