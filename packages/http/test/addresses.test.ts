import { describe, expect, test } from '@jest/globals';
import { addressFault, urlFault } from '@therapytrain/alerts-http';

const refused: readonly (readonly [address: string, fault: RegExp])[] = [
  ['0.0.0.0', /this network/],
  ['0.1.2.3', /this network/],
  ['10.0.0.1', /private/],
  ['10.255.255.255', /private/],
  ['100.64.0.1', /carrier/],
  ['100.127.255.255', /carrier/],
  ['100.100.100.200', /carrier/],
  ['127.0.0.1', /loopback/],
  ['127.255.255.254', /loopback/],
  ['168.63.129.16', /cloud/],
  ['169.254.0.1', /link-local/],
  ['169.254.169.254', /link-local/],
  ['172.16.0.1', /private/],
  ['172.31.255.255', /private/],
  ['192.0.0.1', /protocols/],
  ['192.0.0.192', /protocols/],
  ['192.0.2.1', /documentation/],
  ['192.88.99.1', /relay/],
  ['192.168.0.1', /private/],
  ['198.18.0.1', /benchmarks/],
  ['198.19.255.255', /benchmarks/],
  ['198.51.100.1', /documentation/],
  ['203.0.113.1', /documentation/],
  ['224.0.0.1', /multicast/],
  ['239.255.255.255', /multicast/],
  ['240.0.0.1', /reserved/],
  ['255.255.255.255', /reserved/],
  ['::', /unspecified/],
  ['::1', /loopback/],
  ['0:0:0:0:0:0:0:1', /loopback/],
  ['::127.0.0.1', /stands for/],
  ['::8.8.8.8', /stands for/],
  ['::ffff:127.0.0.1', /loopback/],
  ['::ffff:7f00:1', /loopback/],
  ['::ffff:169.254.169.254', /link-local/],
  ['::ffff:10.0.0.1', /private/],
  ['0:0:0:0:0:ffff:a00:1', /private/],
  ['::ffff:0:127.0.0.1', /reserved/],
  ['64:ff9b::127.0.0.1', /translator/],
  ['64:ff9b::8.8.8.8', /translator/],
  ['64:ff9b:1::10.0.0.1', /translator/],
  ['100::1', /reserved/],
  ['2001::1', /protocols/],
  ['2001:0:7f00:1::', /protocols/],
  ['2001:10::1', /protocols/],
  ['2001:20::1', /protocols/],
  ['2001:db8::1', /documentation/],
  ['2002:7f00:1::', /relay/],
  ['2002:a9fe:a9fe::1', /relay/],
  ['3fff::1', /documentation/],
  ['4000::1', /reserved/],
  ['5f00::1', /reserved/],
  ['fc00::1', /private/],
  ['fd00:ec2::254', /private/],
  ['fd20:ce::254', /private/],
  ['fe80::1', /link-local/],
  ['fe80::1%eth0', /link-local/],
  ['fec0::1', /reserved/],
  ['ff02::1', /multicast/],
  ['2606:4700::5efe:7f00:1', /loopback/],
  ['2606:4700::200:5efe:a9fe:a9fe', /link-local/],
  ['', /not an address/],
  ['localhost', /not an address/],
  ['1.2.3.4.5', /not an address/],
];

test.each(refused)('the address %s is refused', (address, fault) => {
  expect(addressFault(address)).toMatch(fault);
});

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '93.184.216.34',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2606:4700:4700::1111',
  '3ffe:ffff::1',
])('the public address %s may be called', (address) => {
  expect(addressFault(address)).toBeUndefined();
});

describe('ranges that are allowed', () => {
  const allowed: readonly (readonly [address: string, cidrs: readonly string[], may: boolean])[] = [
    ['10.1.2.3', ['10.1.0.0/16'], true],
    ['10.2.2.3', ['10.1.0.0/16'], false],
    ['::ffff:10.1.2.3', ['10.1.0.0/16'], true],
    ['fd12::1', ['fd12::/32'], true],
    ['127.0.0.1', ['fd12::/32', '127.0.0.1/32'], true],
    ['127.0.0.2', ['127.0.0.1/32'], false],
    ['64:ff9b::8.8.8.8', ['64:ff9b::/96'], true],
    ['64:ff9b::127.0.0.1', ['64:ff9b::/96'], false],
    ['64:ff9b::10.1.2.3', ['64:ff9b::/96', '10.1.0.0/16'], true],
    ['64:ff9b::10.1.2.3', ['10.1.0.0/16'], false],
    ['2002:a9fe:a9fe::1', ['2002::/16'], false],
    ['2001:0:808:808:0:0:80ff:fffe', ['2001::/32'], false],
    ['2001:0:7f00:1:0:0:f7f7:f7f7', ['2001::/32'], false],
    ['2001:0:808:808:0:0:f7f7:f7f7', ['2001::/32'], true],
  ];

  test.each(allowed)('%s with %j: %s', (address, cidrs, may) => {
    expect(addressFault(address, { cidrs }) === undefined).toBe(may);
  });
});

describe('a URL', () => {
  const refusedUrls: readonly (readonly [url: string, fault: RegExp])[] = [
    ['', /not a URL/],
    ['//hooks.test/x', /not a URL/],
    ['https://', /not a URL/],
    ['https://1.2.3.4.5/', /not a URL/],
    ['https://[::1/', /not a URL/],
    ['https://0x7f.0.0.0.1/', /not a URL/],
    ['https://256.1.1.1/', /not a URL/],
    ['http://hooks.test/x', /not https/],
    ['data:text/plain,x', /not https/],
    ['file:///etc/passwd', /not https/],
    ['ftp://hooks.test/', /not https/],
    ['gopher://hooks.test/', /not https/],
    ['unix:/var/run/docker.sock', /not https/],
    ['javascript:alert(1)', /not https/],
    ['blob:https://hooks.test/x', /not https/],
    ['wss://hooks.test/', /not https/],
    ['constructor://hooks.test/', /not https/],
    ['https://user@hooks.test/', /user name/],
    ['https://user:word@hooks.test/', /user name/],
    ['https://:word@hooks.test/', /user name/],
    ['https://hooks.test@127.0.0.1/', /user name/],
    ['https://hooks.test:80/', /port/],
    ['https://hooks.test:22/', /port/],
    ['https://hooks.test:0/', /port/],
    ['https://hooks.test:4430/', /port/],
    ['https://127.0.0.1/', /loopback/],
    ['https://127.1/', /loopback/],
    ['https://127.0.1/', /loopback/],
    ['https://2130706433/', /loopback/],
    ['https://017700000001/', /loopback/],
    ['https://0x7f000001/', /loopback/],
    ['https://0x7f.1/', /loopback/],
    ['https://0177.0.0.1/', /loopback/],
    ['https://0/', /this network/],
    ['https://１２７.０.０.１/', /loopback/],
    ['https://127。0。0。1/', /loopback/],
    ['https://①②⑦.⓪.⓪.①/', /loopback/],
    ['https://%31%32%37.0.0.1/', /loopback/],
    ['https://127.0.0.1./', /loopback/],
    ['https:\\\\127.0.0.1\\x', /loopback/],
    ['https:127.0.0.1', /loopback/],
    ['ht\ntps://127.0\t.0.1/', /loopback/],
    ['https://169.254.169.254/latest/meta-data/', /link-local/],
    ['https://2852039166/', /link-local/],
    ['https://0xa9fea9fe/', /link-local/],
    ['https://[::1]/', /loopback/],
    ['https://[::]/', /unspecified/],
    ['https://[::ffff:127.0.0.1]/', /loopback/],
    ['https://[::127.0.0.1]/', /stands for/],
    ['https://[0:0:0:0:0:ffff:7f00:0001]/', /loopback/],
    ['https://[64:ff9b::a9fe:a9fe]/', /translator/],
    ['https://[fd00:ec2::254]/', /private/],
    ['https://[fe80::1]/', /link-local/],
  ];

  test.each(refusedUrls)('%j is refused', (url, fault) => {
    expect(urlFault(url)).toMatch(fault);
  });

  test.each([
    'https://hooks.test/a?b=c',
    'https://hooks.test:8443/',
    'HTTPS://HOOKS.TEST./',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://bücher.test/',
  ])('%j may be called, if its name resolves to what may', (url) => {
    expect(urlFault(url)).toBeUndefined();
  });

  const inside = { cidrs: ['10.0.0.0/8'], ports: [9000], plaintext: true };
  const exceptions: readonly (readonly [url: string, allow: object, may: boolean])[] = [
    ['http://10.0.0.1:9000/', inside, true],
    ['http://8.8.8.8:9000/', inside, false],
    ['http://127.0.0.1:9000/', inside, false],
    ['http://10.0.0.1/', inside, false],
    ['https://10.0.0.1:9000/', inside, true],
    ['https://10.0.0.1/', inside, true],
    ['http://10.0.0.1:9000/', { ...inside, plaintext: false }, false],
    ['https://hooks.test:9000/', { ports: [9000] }, true],
    ['http://hooks.test:9000/', inside, true],
  ];

  test.each(exceptions)('%s with %j: %s', (url, allow, may) => {
    expect(urlFault(url, allow) === undefined).toBe(may);
  });

  test('no fault repeats anything of the URL', () => {
    for (const [url] of refusedUrls) {
      const fault = urlFault(url) ?? '';
      expect(fault).toMatch(/^[\x20-\x7e]{3,60}$/);
      for (const part of ['hooks', '127', '169', 'etc', '.test']) expect(fault).not.toContain(part);
    }
  });
});
