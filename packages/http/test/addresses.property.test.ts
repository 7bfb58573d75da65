import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { addressFault, urlFault } from '@therapytrain/alerts-http';

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
type Octets = readonly [number, number, number, number];
const dotted = (each: Octets): string => each.join('.');
const number = (each: Octets): number => each.reduce((sum, octet) => sum * 256 + octet, 0);
const hex = ([a, b, c, d]: Octets): string => `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;

test('a host is judged the same however its IPv4 address is written', () => {
  fc.assert(
    fc.property(octets, (each) => {
      const expected = addressFault(dotted(each));
      const [a, b, c, d] = each;
      for (const host of [
        dotted(each),
        String(number(each)),
        `0x${number(each).toString(16)}`,
        `0${number(each).toString(8)}`,
        `0${a.toString(8)}.0x${b.toString(16)}.${c * 256 + d}`,
        `${a}.${(b * 256 + c) * 256 + d}`,
        `${dotted(each)}.`,
        `[::ffff:${dotted(each)}]`,
        `[0:0:0:0:0:ffff:${hex(each)}]`,
      ]) {
        expect([host, urlFault(`https://${host}/`)]).toEqual([host, expected]);
      }
    }),
  );
});

test('an address that stands for one that must not be called is not called either, even if its own range is allowed', () => {
  fc.assert(
    fc.property(octets, (each) => {
      const inner = addressFault(dotted(each));
      for (const [address, range] of [
        [`64:ff9b::${hex(each)}`, '64:ff9b::/96'],
        [`64:ff9b:1::${hex(each)}`, '64:ff9b:1::/48'],
        [`2002:${hex(each)}::1`, '2002::/16'],
        [`::ffff:0:${hex(each)}`, '::ffff:0:0:0/96'],
        [`::${hex(each)}`, '::/96'],
      ] as const) {
        expect(addressFault(address)).toBeDefined();
        expect([address, addressFault(address, { cidrs: [range] })]).toEqual([address, inner]);
      }
    }),
  );
});
