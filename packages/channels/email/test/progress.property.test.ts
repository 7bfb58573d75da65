import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { progressOf, settledBefore } from '../src/progress.ts';

const recipients = Array.from({ length: 50 }, (_, at) => `person.${at}@clinic.test`);
const states = fc.array(fc.constantFrom('accepted', 'deferred', 'refused'), { minLength: 50, maxLength: 50 });
const signal = new AbortController().signal;

test('who is settled is known to the next attempt, and to no other delivery', () => {
  fc.assert(
    fc.property(states, fc.uuid(), fc.uuid(), (all, key, otherKey) => {
      fc.pre(key !== otherKey);
      const progress = progressOf(
        key,
        recipients,
        all.map((state) => ({ state: state as 'accepted' | 'deferred' | 'refused' })),
      );
      const attempt = { number: 2, signal, ...(progress !== undefined && { progress }) };
      const settled = settledBefore({ ...attempt, key }, recipients);
      expect(settled).toEqual(all.map((state) => (state === 'deferred' ? undefined : state)));
      expect(settledBefore({ ...attempt, key: otherKey }, recipients).every((each) => each === undefined)).toBe(true);
      expect(progress ?? '').not.toMatch(/person|clinic|@/);
    }),
  );
});

test('progress of anybody else settles nobody', () => {
  fc.assert(
    fc.property(fc.string(), (progress) => {
      const settled = settledBefore({ key: 'k', number: 2, signal, progress }, recipients);
      expect(settled.every((each) => each === undefined)).toBe(true);
    }),
  );
});
