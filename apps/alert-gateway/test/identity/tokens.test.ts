import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  AlertError,
  type NewAuditEntry,
  systemRandom,
  type TokenRecord,
  type TokenStore,
} from '@therapytrain/alerts-core';
import { createFakeClock, epoch } from '@therapytrain/alerts-testkit';
import { openTokenBook, type TokenBook } from '../../src/identity/tokens.ts';
import { strangeToken } from '../support/identity.ts';

let clock: ReturnType<typeof createFakeClock>;
let audit: NewAuditEntry[];
let broken: 'audit' | 'store' | undefined;
let kept: TokenRecord[];
let book: TokenBook;

const check = (what: typeof broken): void => {
  if (broken === what) throw new AlertError('STORE_UNAVAILABLE', 'broken for a test');
};

// The smallest store that keeps the port's promises.
const store: TokenStore = {
  list: async () => [...kept],
  add: async (record) => {
    check('store');
    kept.push(record);
  },
  revoke: async (id, at) => {
    check('store');
    kept = kept.map((each) => (each.id === id ? { ...each, revokedAt: at } : each));
  },
  used: async (at) => {
    kept = kept.map((each) => ({ ...each, lastUsedAt: at.get(each.id) ?? each.lastUsedAt }));
  },
  prune: async () => 0,
  close: async () => {},
};

beforeEach(async () => {
  clock = createFakeClock();
  audit = [];
  kept = [];
  broken = undefined;
  book = await openTokenBook({
    ...{ store, clock, random: systemRandom, identities: () => ({ token: () => undefined }) },
    record: async (entries) => {
      check('audit');
      audit.push(...entries);
    },
    onFailure: (error) => {
      throw error;
    },
  });
});

const wish = (request = 'r', when = '') => ({
  ...{ request, principal: 'ward-7', scopes: ['alerts.write'] as const, when },
  expiresAt: epoch + 1_000,
});

const why = (text: string): string => {
  try {
    return book.callerOf(text).principal.name;
  } catch (error) {
    return (error as AlertError).facts['why'] ?? String(error);
  }
};

describe('a token', () => {
  test('is good until its end, to the millisecond', async () => {
    const { text } = await book.create(wish(), 'admin');
    await clock.advance(999);
    expect(why(text)).toBe('ward-7');
    const caller = book.callerOf(text);
    expect(caller.holds(epoch + 999)).toBe(true);
    expect(caller.holds(epoch + 1_000)).toBe(false);
    await clock.advance(1);
    expect(why(text)).toBe('expired');
  });

  test('that was revoked is good for nothing at once', async () => {
    const { text, record } = await book.create(wish(), 'admin');
    const caller = book.callerOf(text);
    await book.revoke(record.id, 'admin');
    expect(why(text)).toBe('revoked');
    expect(caller.holds(epoch)).toBe(false);
    await expect(book.revoke(record.id, 'admin')).resolves.toMatchObject({ revokedAt: epoch });
    expect(audit.filter(({ action }) => action === 'token.revoked')).toHaveLength(1);
  });

  test('that is unknown is told from one with a wrong secret by nothing', async () => {
    const { text } = await book.create(wish(), 'admin');
    const [strange, forged] = [strangeToken(), text.replace(/_.{43}_/, strangeToken().slice(16, 61))];
    expect(why(strange)).toBe('unknown');
    expect(why(forged)).toBe('unknown');
  });

  test('is not in what is kept, and not in the audit', async () => {
    const { text } = await book.create(wish(), 'admin');
    const secret = text.split('_')[2] ?? '';
    expect(JSON.stringify([kept, audit, book.list()])).not.toContain(secret);
    expect(audit).toMatchObject([{ action: 'token.created', actor: 'admin', facts: { principal: 'ward-7' } }]);
  });

  test('is made once for a request, whose text cannot be told again', async () => {
    await book.create(wish('same'), 'admin');
    await expect(book.create(wish('same'), 'admin')).rejects.toMatchObject({ code: 'REQUEST_ID_REUSED' });
    expect(kept).toHaveLength(1);
  });

  test('was last used when it was, to a minute', async () => {
    const { text } = await book.create({ ...wish(), expiresAt: epoch + 900_000 }, 'admin');
    await clock.advance(5_000);
    book.callerOf(text);
    expect(kept[0]?.lastUsedAt).toBeUndefined();
    await clock.advance(60_000);
    expect([kept[0]?.lastUsedAt, book.list()[0]?.lastUsedAt]).toEqual([epoch + 5_000, epoch + 5_000]);
  });

  test('keeps its condition', async () => {
    const { text } = await book.create(wish('r', 'type == "A"'), 'admin');
    expect(book.callerOf(text).principal.when?.source).toBe('type == "A"');
  });
});

describe('where something cannot be written', () => {
  test('there is no token that the audit does not know of', async () => {
    broken = 'audit';
    await expect(book.create(wish(), 'admin')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect([kept, book.list()]).toEqual([[], []]);
  });

  test('a token that was not kept is none', async () => {
    broken = 'store';
    await expect(book.create(wish(), 'admin')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(book.list()).toEqual([]);
  });

  test('a revocation that the audit could not take is in force all the same, and told as failed', async () => {
    const { text, record } = await book.create(wish(), 'admin');
    broken = 'audit';
    await expect(book.revoke(record.id, 'admin')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(why(text)).toBe('revoked');
  });
});
