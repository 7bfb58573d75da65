import { describe, expect, test } from '@jest/globals';
import { readAddress } from '@therapytrain/alerts-core/responder';
import fc from 'fast-check';
import { addressBits } from '../src/decisions/address-text.ts';

/** What core reads, in the same form. */
const byCore = (text: string): number | string | undefined => {
  const bytes = readAddress(text)?.toByteArray();
  if (!bytes) return undefined;
  if (bytes.length === 4) return bytes.reduce((bits, byte) => bits * 256 + byte, 0);
  return String.fromCharCode(
    ...Array.from({ length: 8 }, (_, at) => (bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0)),
  );
};

// Every sort of letter that stands in an address, and some that must not; pieces, so that many are nearly right.
const piece = fc.constantFrom(
  ...[
    '0',
    '1',
    '9',
    '255',
    '256',
    '01',
    '1234',
    'ffff',
    'FFFF',
    'abcde',
    'g',
    '.',
    '.',
    '.',
    ':',
    ':',
    ':',
    '::',
    '%',
    '/',
    ' ',
  ],
  ...['::ffff:', '::FFFF:', '1.2.3.4', '64:ff9b::', '\u0130', ''],
);
const mangled = fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join(''));
const ipv6 = fc.ipV6();
const nearlyIPv6 = fc
  .tuple(ipv6, fc.nat(40), piece)
  .map(([text, at, more]) => text.slice(0, at) + more + text.slice(at));
const mapped = fc
  .tuple(fc.constantFrom('::ffff:', '::FFFF:', '0:0:0:0:0:ffff:', '::'), fc.ipV4())
  .map((each) => each.join(''));

describe('an address is read as core reads it', () => {
  test.each([
    ['IPv4', fc.ipV4()],
    ['IPv6', ipv6],
    ['mapped', mapped],
    ['nearly IPv6', nearlyIPv6],
    ['mangled', mangled],
    ['any text', fc.string()],
  ])('%s', (_, texts) =>
    fc.assert(
      fc.property(texts, (text) => expect([text, addressBits(text)]).toEqual([text, byCore(text)])),
      { numRuns: 2_000 },
    ),
  );

  test.each([
    ...[
      '1.2.3',
      '1.2.3.4.',
      '.1.2.3.4',
      '1.2.3.4.5',
      '01.2.3.4',
      '1.2.3.256',
      '1..2.3',
      '',
      ':',
      '::',
      ':::',
      '1::',
      '::1',
    ],
    ...['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '1::2::3', '1:'],
    ...[
      ':1',
      '1:2:3:4:5:6:7:8:',
      ':1:2:3:4:5:6:7:8',
      '::ffff:1.2.3.4',
      '::ffff:102:304',
      '::1.2.3.4',
      '1::8:',
      '12345::',
    ],
    ...[
      '1:2:3:4::5:6:7:8',
      '::ffff:0:1.2.3.4',
      '::ffff:',
      '::ffff',
      'fe80::1%eth0',
      '1.2.3.4:80',
      '[::1]',
      '1:2:3:4:5:6:1.2.3.4',
    ],
  ])('%j', (text) => expect(addressBits(text)).toEqual(byCore(text)));
});
