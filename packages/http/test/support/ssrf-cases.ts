/** One way to make a program call what it must not. */
export interface SsrfCase {
  readonly tries: string;
  readonly url: string;
  /** What the host resolves to, time after time; the last one stays. */
  readonly resolves?: readonly (readonly string[])[];
  /** True if a plain axios does reach the address in the namespace: the proof that there was something to keep off from. */
  readonly control: boolean;
}

/** An address that may be called: in the namespace it is the machine's own. */
export const publicIPv4 = '93.184.216.34';
const publicIPv6 = '2606:2800:220:1::1';

/** What the namespace adds to its loopback interface, beside 127.0.0.0/8 and ::1. */
export const namespaceAddresses: readonly string[] = [
  ...[publicIPv4, '10.0.0.5', '172.16.0.5', '192.168.0.5', '100.64.0.5', '100.100.100.200', '169.254.169.254'],
  ...['192.0.0.192', '192.0.2.5', '192.88.99.5', '198.18.0.5', '198.51.100.5', '203.0.113.5', '168.63.129.16'],
  ...['240.0.0.5', publicIPv6, 'fd00:ec2::254', 'fc00::5', 'fec0::5', '2001:db8::5', '3fff::5', '100::5', '5f00::5'],
  ...['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::a00:5', '2002:7f00:1::1', '2002:a9fe:a9fe::1'],
  ...['2001:0:7f00:1::1', '2001:20::5', '2606:2800:220:1:0:5efe:7f00:1', '::7f00:1', '::a9fe:a9fe'],
];

const literal = (tries: string, control: boolean, ...hosts: readonly string[]): readonly SsrfCase[] =>
  hosts.map((host) => ({ tries: `${tries}: ${host}`, url: `https://${host}/`, control }));

const named = (tries: string, control: boolean, ...resolves: readonly (readonly string[])[]): SsrfCase => ({
  tries: `a name that resolves to ${tries}`,
  url: 'https://hooks.test/',
  resolves,
  control,
});

const called = (tries: string, control: boolean, ...urls: readonly string[]): readonly SsrfCase[] =>
  urls.map((url) => ({ tries: `${tries}: ${url}`, url, resolves: [[publicIPv4]], control }));

/** All of them are refused before anything is connected. */
export const ssrfCases: readonly SsrfCase[] = [
  ...literal('loopback', true, '127.0.0.1', '127.0.0.53', '127.255.255.254', '0.0.0.0'),
  ...literal('loopback in decimal', true, '2130706433', '127.1', '127.0.1', '0'),
  ...literal('loopback in octal', true, '017700000001', '0177.0.0.1', '0177.0.0.01', '00000177.0.0.1'),
  ...literal('loopback in hexadecimal', true, '0x7f000001', '0x7f.0.0.1', '0x7f.1', '0X7F.0x0.0x0.0x1'),
  ...literal('loopback in other digits', true, '１２７.０.０.１', '127。0。0。1', '①②⑦.⓪.⓪.①', '%31%32%37.0.0.1'),
  ...literal('loopback with a dot at the end', true, '127.0.0.1.', '0x7f.1.'),
  ...literal('loopback over IPv6', true, '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'),
  ...literal('an IPv4-compatible address', true, '[::127.0.0.1]', '[::169.254.169.254]'),
  ...literal('the unspecified address', true, '[::]'),
  ...literal('private', true, '10.0.0.5', '172.16.0.5', '192.168.0.5', '167772165', '[::ffff:10.0.0.5]'),
  ...literal('metadata of a cloud', true, '169.254.169.254', '2852039166', '0xa9fea9fe', '[::ffff:169.254.169.254]'),
  ...literal('metadata of a cloud', true, '[fd00:ec2::254]', '100.100.100.200', '192.0.0.192', '168.63.129.16'),
  ...literal('a network of its own', true, '100.64.0.5', '[fc00::5]', '[fec0::5]'),
  ...literal('documentation', true, '192.0.2.5', '198.51.100.5', '203.0.113.5', '[2001:db8::5]', '[3fff::5]'),
  ...literal('other special ranges', true, '198.18.0.5', '192.88.99.5', '[100::5]', '[5f00::5]', '[2001:20::5]'),
  ...literal('NAT64', true, '[64:ff9b::127.0.0.1]', '[64:ff9b::169.254.169.254]', '[64:ff9b:1::10.0.0.5]'),
  ...literal('6to4', true, '[2002:7f00:1::1]', '[2002:a9fe:a9fe::1]'),
  ...literal('Teredo', true, '[2001:0:7f00:1::1]'),
  ...literal('ISATAP', true, '[2606:2800:220:1:0:5efe:127.0.0.1]'),
  ...literal('multicast, broadcast, reserved', false, '224.0.0.1', '239.1.2.3', '255.255.255.255', '[ff02::1]'),
  ...literal('reserved', true, '240.0.0.5'),
  ...literal('link-local', false, '[fe80::1]'),
  named('loopback', true, ['127.0.0.1']),
  named('loopback over IPv6', true, ['::1']),
  named('an IPv4-mapped address', true, ['::ffff:127.0.0.1']),
  named('an IPv4-compatible address', true, ['::7f00:1']),
  named('metadata', true, ['169.254.169.254']),
  named('a private address', true, ['10.0.0.5']),
  named('NAT64 of metadata', true, ['64:ff9b::a9fe:a9fe']),
  named('6to4 of loopback', true, ['2002:7f00:1::1']),
  named('a private and a public address', true, ['10.0.0.5', publicIPv4]),
  named('a public and a private address', true, [publicIPv4, '10.0.0.5']),
  named('a public address and loopback over IPv6', true, [publicIPv6, '::1']),
  named('many public addresses and one that is private', true, [...Array<string>(20).fill(publicIPv4), '192.168.0.5']),
  { ...named('loopback, with a dot at its end', true, ['127.0.0.1']), url: 'https://hooks.test./' },
  { ...named('loopback: localhost', true, ['127.0.0.1']), url: 'https://localhost/' },
  ...called('no TLS', true, 'http://hooks.test/', 'http://hooks.test:443/'),
  ...called('another port', true, 'https://hooks.test:22/', 'https://hooks.test:80/', 'https://hooks.test:6379/'),
  ...called('a name or a password in the URL', true, 'https://user@hooks.test/', 'https://a:b@hooks.test/'),
  ...called(
    'a name that looks like a host',
    true,
    'https://hooks.test@127.0.0.1/',
    'https://hooks.test:443@127.0.0.1/',
  ),
  ...called('too many slashes', true, 'https:///127.0.0.1/', 'https:////127.0.0.1/'),
  ...called('slashes the wrong way', false, 'https:\\\\127.0.0.1\\x', 'https:/\\127.0.0.1/'),
  ...called(
    'another scheme',
    false,
    'data:text/plain,x',
    'file:///etc/passwd',
    'ftp://hooks.test/',
    'gopher://127.0.0.1/',
  ),
  ...called(
    'another scheme',
    false,
    'unix:/var/run/docker.sock',
    'http+unix://%2Fvar%2Frun%2Fdocker.sock/',
    'blob:https://x',
  ),
  ...called('no URL', false, '', '/hooks', '//127.0.0.1/', 'https://', 'https://256.256.256.256/', 'https://[::1'),
];
