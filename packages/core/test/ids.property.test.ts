import { describe, expect, test } from '@jest/globals';
import {
  type Clock,
  createIds,
  type Random,
  systemClock,
  systemRandom,
  uuidBytes,
  uuidPattern,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';

const v7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const now = 1_767_225_600_000;

/** A clock that shows these times, one after the other, and then stands still. */
const showing = (times: readonly number[]): Clock => {
  let at = 0;
  return { ...systemClock, now: () => times[Math.min(at++, times.length - 1)] ?? now };
};
const filledWith = (byte: number): Random => ({ fill: (bytes) => void bytes.fill(byte), fraction: () => 0 });
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

const times = fc.array(
  fc.oneof(fc.integer({ min: now - 50, max: now + 50 }), fc.integer({ min: 0, max: 2 ** 48 - 2 })),
  {
    minLength: 1,
    maxLength: 200,
  },
);
const isAscending = (ids: readonly string[]): boolean => ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? ''));
const take = (ids: { next(): string }, count: number): string[] => Array.from({ length: count }, () => ids.next());

describe('ids ascend', () => {
  test('whatever the clock does: go on, stand still, go back', () => {
    fc.assert(
      fc.property(times, (shown) => {
        const ids = take(createIds(showing(shown), systemRandom), shown.length + 5);
        expect(isAscending(ids)).toBe(true);
        for (const id of ids) expect(id).toMatch(v7);
      }),
    );
  });

  test('also after a restart with an earlier clock', () => {
    fc.assert(
      fc.property(times, times, (before, after) => {
        const first = take(createIds(showing(before), systemRandom), before.length);
        const second = take(createIds(showing(after), systemRandom, first.at(-1)), after.length);
        expect(isAscending([...first, ...second])).toBe(true);
      }),
    );
  });

  test('also after a restart where the counter of a millisecond had run to its end', () => {
    const newest = '0190a0a0-a0a0-7fff-bfff-ffffffffffff';
    const [next] = take(createIds(showing([0]), filledWith(0), newest), 1);
    expect(next).toBe('0190a0a0-a0a1-7000-8000-000000000000');
  });

  test('1,000,000 from a clock that stands still, without a double', () => {
    const ids = createIds(showing([now]), systemRandom);
    let last = '';
    for (let count = 0; count < 1_000_000; count++) {
      const id = ids.next();
      // Ascending, so none can be there twice.
      if (id <= last) throw new Error(`${id} after ${last}`);
      last = id;
    }
    // 4,096 a millisecond: the time runs ahead of the clock, by no more than it must.
    expect(timeOf(last) - now).toBe(Math.floor(999_999 / 4096));
  });

  test('100,000 from the clock of the machine', () => {
    expect(isAscending(take(createIds(systemClock, systemRandom), 100_000))).toBe(true);
  });
});

describe('what is in an id (RFC 9562, section 5.7)', () => {
  test.each([0x00, 0xff])('version and variant stand whatever chance gives: %d', (byte) => {
    const [id = ''] = take(createIds(showing([now]), filledWith(byte)), 1);
    expect(id).toMatch(v7);
    const bytes = uuidBytes(id);
    expect((bytes[6] ?? 0) >> 4).toBe(7);
    expect((bytes[8] ?? 0) >> 6).toBe(2);
  });

  test('48 bits of milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (time) => {
        expect(timeOf(createIds(showing([time]), systemRandom).next())).toBe(time);
      }),
    );
  });

  test('62 bits of chance, each of which is 0 and 1 about as often', () => {
    const count = 4_000;
    const ones = Array<number>(62).fill(0);
    for (const id of take(createIds(showing([now]), systemRandom), count)) {
      const low = BigInt(`0x${id.replaceAll('-', '').slice(16)}`);
      for (let bit = 0; bit < 62; bit++) ones[bit] = (ones[bit] ?? 0) + Number((low >> BigInt(bit)) & 1n);
    }
    // Seven standard deviations: one wrong alarm in some billion runs.
    for (const each of ones) expect(Math.abs(each - count / 2)).toBeLessThan((7 * Math.sqrt(count)) / 2);
  });

  test('two makers at the same millisecond do not meet', () => {
    const [one, other] = [createIds(showing([now]), systemRandom), createIds(showing([now]), systemRandom)];
    expect(new Set([...take(one, 5_000), ...take(other, 5_000)]).size).toBe(10_000);
  });
});

describe('uuidBytes and uuidPattern', () => {
  test('16 bytes that order as the text does', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (one, other) => {
        expect(uuidBytes(one)).toHaveLength(16);
        expect(uuidBytes(one.toUpperCase())).toEqual(uuidBytes(one));
        expect(Math.sign(Buffer.compare(uuidBytes(one), uuidBytes(other)))).toBe(
          one < other ? -1 : Number(one > other),
        );
      }),
    );
  });

  test('every id is a UUID', () => expect(createIds(systemClock, systemRandom).next()).toMatch(uuidPattern));
});
