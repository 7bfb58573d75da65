import { describe, expect, test } from '@jest/globals';
import { urisOf } from '../../src/identity/certificate.ts';
import { plainSerial } from '../../src/identity/identities-schema.ts';
import { networkOf } from '../../src/identity/rates.ts';

describe('the URIs of a subject alternative name', () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['DNS:localhost', []],
    ['URI:spiffe://a/b', ['spiffe://a/b']],
    ['DNS:localhost, URI:spiffe://a/b, IP Address:127.0.0.1', ['spiffe://a/b']],
    ['URI:spiffe://a/b, URI:spiffe://a/c', ['spiffe://a/b', 'spiffe://a/c']],
    ['URI:"urn:x, URI:spiffe://a/b"', ['urn:x, URI:spiffe://a/b']],
    ['DNS:"a, URI:spiffe://a/b"', []],
    [String.raw`URI:"a\"b"`, ['a"b']],
    ['URI:"unclosed', []],
    ['URI:a"b, URI:c', []],
    ['nonsense', []],
  ])('%j are %j', (text, expected) => expect(urisOf(text)).toEqual(expected));
});

test.each([
  ['0A:1b', 'A1B'],
  ['00', '0'],
  ['ff', 'FF'],
])('the serial number %j is compared as %j', (text, expected) => expect(plainSerial(text)).toBe(expected));

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::1', '0:0:0:0'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['', ''],
])('%j counts as one of %j', (address, expected) => expect(networkOf(address)).toBe(expected));
