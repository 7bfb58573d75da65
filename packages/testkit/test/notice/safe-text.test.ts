import { describe, expect, test } from '@jest/globals';
import { cut, safeText } from '@therapytrain/alerts-core/channel';

const line = (text: string): string => safeText(text, { lines: 'one', max: 200 });

describe('a safe text', () => {
  test.each([
    ['an ordinary sentence', 'Failed login of 3 accounts (50 %)', 'Failed login of 3 accounts (50 %)'],
    ['a web address', 'see https://a.example/x?y=1', 'see hxxps://a[.]example/x?y=1'],
    ['a host alone', 'www.a.example', 'www[.]a[.]example'],
    ['a host in letters that look like others', 'http://аpple.com/', 'hxxp://xn--pple-43d[.]com/'],
    ['a host behind a user', 'http://good.test@evil.com/', 'hxxp://good.test@evil[.]com/'],
    [
      'a link that is one again when it is broken',
      'http:a.com¡[x](https://a.com)',
      'hxxp:unreadable-host[:]//a[.]com)',
    ],
    ['an address of a script', 'javascript:alert(1)', 'javascript[:]alert(1)'],
    ['a mention of everybody', '@here and <!channel>', '＠here and ‹!channel>'],
    ['an e-mail address', 'robin@here.test', 'robin@here.test'],
    ['a file and a version', 'auth.log of 1.2.3', 'auth.log of 1.2.3'],
    ['direction and zero width', 'a\u202eb\u200bc', 'abc'],
    ['a family', '👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
    ['piled marks', `z${'\u0301'.repeat(20)}`, 'ź\u0301\u0301\u0301\u0301'],
    ['lines', 'a\r\nb\u2028c', 'a b c'],
    ['half of a pair', 'a\ud800b', 'a\ufffdb'],
  ])('is made of %s', (_, text, safe) => {
    expect(line(text)).toBe(safe);
  });

  test('keeps its lines where it may, but no more than one empty one', () => {
    expect(safeText('a\r\n\r\n\r\n\r\nb \n c', { lines: 'many', max: 100 })).toBe('a\n\nb\n c');
  });

  test('is made of the largest texts of one kind, and ends', () => {
    for (const unit of ['a', 'http://', '@', '<', '[.]', ' ', 'a.', '\u0301', '//a', 'www.', 'javascript:', 'a@b.']) {
      expect(safeText(unit.repeat(200_000 / unit.length), { lines: 'many', max: 100_000 }).length).toBeLessThanOrEqual(
        100_000,
      );
    }
  });
});

test('a text is cut between graphemes', () => {
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('ab👩‍👩‍👧', 5)).toBe('ab…');
  expect(cut('ab', 2)).toBe('ab');
  expect(cut('ab', 0)).toBe('');
});
