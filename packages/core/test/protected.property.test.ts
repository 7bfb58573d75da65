import { BlockList, isIP, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import {
  canonicalAddress,
  createProtection,
  protectionRules,
  type ProtectionOptions,
  type Target,
} from '@therapytrain/alerts-core/responder';

describe('the one form of an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::ffff/32', '2001:db8::/32'],
    ['2001:db8::/128', '2001:db8::'],
    ['::', '::'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:0201', '192.0.2.1'],
    ['::FFFF:192.0.2.1/128', '192.0.2.1'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:0:0/95', '::fffe:0:0/95'],
    ['::127.0.0.1', '::7f00:1'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
    expect(canonicalAddress(canonical)).toBe(canonical);
  });

  test.each([
    '',
    ' 192.0.2.1',
    '192.0.2.1 ',
    '192.0.2.1\n',
    '192.0.2',
    '192.0.2.1.1',
    '3221225985',
    '0xc0.0.2.1',
    '192.0.02.1',
    '0300.0.2.1',
    '192.0.2.256',
    '192.0.2.1:80',
    '192.0.2.1/33',
    '192.0.2.1/',
    '192.0.2.1/08',
    '192.0.2.1/-1',
    '192.0.2.1/8/8',
    '192.0.2.1/255.255.255.0',
    '[::1]',
    '::1/129',
    '::1::',
    'fe80::1%eth0',
    'localhost',
    'anna.berg',
    '１９２.0.2.1',
  ])('%j has none', (text) => expect(canonicalAddress(text)).toBeUndefined());

  test('of any address is an address, and the form of its form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (address, bits) => {
        const canonical = canonicalAddress(address);
        expect(isIP(canonical ?? '')).toBeGreaterThan(0);
        expect(canonicalAddress(canonical ?? '')).toBe(canonical);
        const range = canonicalAddress(`${address}/${bits}`);
        expect(range === undefined).toBe(!isIPv6(address) && bits > 32);
      }),
    );
  });
});

const at = (value: string): Target => ({ kind: 'address', value, resource: '' });
const user = (value: string): Target => ({ kind: 'user', value, resource: '' });
const byAll = (options: ProtectionOptions, ...targets: readonly Target[]) => targets.map(createProtection(options));

describe('whatever a deployment says', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.0.0.0/32', 'unspecified'],
    ['::', 'unspecified'],
    ['169.254.169.254', 'link_local'],
    ['fe80::1', 'link_local'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['9.0.0.0/15', 'too_wide'],
    ['2a00::/31', 'too_wide'],
    ['::fffe:0:0/95', 'too_wide'],
    ['anna.berg', 'not_an_address'],
    ['', 'not_an_address'],
    ['0x7f000001', 'not_an_address'],
    ['2130706433', 'not_an_address'],
    ['fe80::1%eth0', 'not_an_address'],
  ] as const)('%s is protected: %s', (value, rule) => {
    expect(byAll({ widest: { ipv4: 0, ipv6: 0 } }, at(value))).toEqual([
      // Asked for less, the floor holds: a /15 may then be acted on.
      value === '9.0.0.0/15' ? undefined : rule,
    ]);
    expect(byAll({}, at(value))).toEqual([rule]);
  });

  test.each(['0.0.0.0/0', '::/0', '::ffff:0:0/96', '8.0.0.0/7', '::/32', '126.0.0.0/7'])('%s is protected', (value) => {
    expect(byAll({ widest: { ipv4: 0, ipv6: 0 } }, at(value))[0]).toBeDefined();
  });

  test.each(['192.168.1.1', '10.0.0.9', '203.0.113.7', '9.1.0.0/16', '2001:db8::1', '2001:db8::/32', '::7f00:1'])(
    '%s may be acted on',
    (value) => expect(byAll({}, at(value))).toEqual([undefined]),
  );

  test('a user has a name', () => {
    expect(byAll({}, user(''), user('  '), user('u1'), { kind: 'access', value: '', resource: '/a' })).toEqual([
      'no_user',
      'no_user',
      undefined,
      'no_user',
    ]);
  });
});

test('a range is protected where it holds a protected address, or is held', () => {
  const addresses = ['198.51.100.7', '2001:db8:1::/48', '::ffff:10.2.0.0/112'];
  const outcome = byAll({ addresses }, ...['198.51.100.7', '198.51.100.0/24', '198.51.100.8'].map(at));
  expect(outcome).toEqual(['protected_address', 'protected_address', undefined]);
  expect(byAll({ addresses }, ...['2001:db8:1:2::3', '2001:db8::/32', '2001:db8:2::1', '10.2.9.9'].map(at))).toEqual([
    'protected_address',
    'protected_address',
    undefined,
    'protected_address',
  ]);
});

test('a user is protected under every form that a directory might take for it, by itself or in a group', () => {
  const options = { users: ['Root'], groups: { admins: ['anna.berg', 'ｊｏ'] } };
  const targets = ['root', ' ROOT ', 'ｒｏｏｔ', 'anna.berg', 'Anna.Berg', 'jo', 'bo', 'rooty'].map(user);
  expect(byAll(options, ...targets)).toEqual([
    ...['protected_user', 'protected_user', 'protected_user'],
    ...['protected_group', 'protected_group', 'protected_group'],
    ...[undefined, undefined],
  ]);
  expect(byAll(options, { kind: 'access', value: 'root', resource: '/notes' })).toEqual(['protected_user']);
});

test('what is no address is refused by its place, without its text', () => {
  const make = () => createProtection({ addresses: ['10.0.0.0/8', 'canary.example', '10.1'] });
  expect(make).toThrow(AlertError);
  expect(make).toThrow(/addresses\[1\].*addresses\[2\]/);
  expect(make).not.toThrow(/canary/);
});

const family = (text: string) => (isIPv6(text) ? 'ipv6' : 'ipv4');

// Node's list holds an IPv4 address to be in an IPv6 range that holds the mapped ones; ranges of one family are asked.
const inList = (ranges: readonly string[], address: string): boolean => {
  const asked = canonicalAddress(address) ?? '';
  const naive = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = (canonicalAddress(range) ?? '').split('/');
    if (family(net) !== family(asked)) continue;
    if (bits === undefined) naive.addAddress(net, family(net));
    else naive.addSubnet(net, Number(bits), family(net));
  }
  return naive.check(asked, family(asked));
};

test('agrees with the list of Node for any address and any protected ranges', () => {
  const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 8, max: 32 }));
  const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 33, max: 128 }));
  fc.assert(
    fc.property(fc.array(fc.oneof(v4, v6), { maxLength: 6 }), fc.oneof(fc.ipV4(), fc.ipV6()), (ranges, address) => {
      const texts = ranges.map(([net, bits]) => `${net}/${bits}`);
      const protects = createProtection({ addresses: texts });
      // Near to a range, so that it is often in it.
      for (const each of [address, ...ranges.map(([net]) => net)]) {
        const rule = protects(at(each));
        if (rule !== undefined && rule !== 'protected_address') continue;
        expect(rule !== undefined).toBe(inList(texts, each));
      }
    }),
  );
});

test('every rule says what it means', () => {
  for (const meaning of Object.values(protectionRules)) expect(meaning).toMatch(/^[A-Z].*\.$/);
});
