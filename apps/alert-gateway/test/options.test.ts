import { afterEach, describe, expect, test } from '@jest/globals';
import { createCommand, type GatewayOptions, isLoopback, readOptions, splitAddress } from '../src/options.ts';

const before = { ...process.env };
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
});

const parse = (...args: string[]): GatewayOptions => readOptions('1.2.3', ['node', 'alert-gateway', ...args]);

describe('an address is host and port:', () => {
  test.each([
    ['127.0.0.1:50051', { host: '127.0.0.1', port: 50_051 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['gateway.internal:1', { host: 'gateway.internal', port: 1 }],
    ['127.0.0.1:65536', undefined],
    ['127.0.0.1', undefined],
    ['127.0.0.1:', undefined],
    [':50051', undefined],
    ['::1:50051', undefined],
    ['[::1]', undefined],
    ['[]:1', undefined],
    ['127.0.0.1:5x', undefined],
    ['127.0.0.1:-1', undefined],
    ['a b:1:2', undefined],
    ['', undefined],
  ])('%j', (text, expected) => expect(splitAddress(text)).toEqual(expected));
});

describe('only this machine can reach', () => {
  test.each([
    ['127.0.0.1', true],
    ['127.0.0.0', true],
    ['127.255.255.254', true],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::ffff:127.0.0.1', true],
    ['::ffff:7f00:1', true],
    ['::1%lo', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['::ffff:0.0.0.0', false],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['128.0.0.1', false],
    ['126.255.255.255', false],
    ['192.168.0.1', false],
    ['fe80::1', false],
    ['::2', false],
    // Names that a resolver, or another program, might take for something else.
    ['127.1', false],
    ['0x7f.0.0.1', false],
    ['2130706433', false],
    ['localhost.example', false],
    ['localhost.', false],
    ['127.0.0.1.example', false],
    ['gateway.internal', false],
  ])('%s: %p', (host, expected) => expect(isLoopback(host)).toBe(expected));
});

describe('options', () => {
  test('have safe defaults', () => {
    expect(parse()).toEqual({
      listen: '127.0.0.1:50051',
      data: 'data',
      logLevel: 'info',
      reflection: false,
      insecure: false,
      maxPlanLag: 200_000,
    });
  });

  const environment = {
    ALERTS_LISTEN: '127.0.0.2:1',
    ALERTS_DATA: 'elsewhere',
    ALERTS_POLICY: 'policy.yaml',
    ALERTS_METRICS: '127.0.0.1:9464',
    ALERTS_LOG_LEVEL: 'warn',
    ALERTS_REFLECTION: 'true',
    ALERTS_INSECURE: 'true',
    ALERTS_MAX_PLAN_LAG: '5000',
  };

  test('come from the environment', () => {
    Object.assign(process.env, environment);
    expect(parse()).toEqual({
      listen: '127.0.0.2:1',
      data: 'elsewhere',
      policy: 'policy.yaml',
      metrics: '127.0.0.1:9464',
      logLevel: 'warn',
      reflection: true,
      insecure: true,
      maxPlanLag: 5_000,
    });
  });

  test('of the command line win', () => {
    Object.assign(process.env, environment);
    const said = ['--listen', '[::1]:2', '--data', 'here', '--policy', 'p', '--metrics', '127.0.0.1:3'];
    expect(
      parse(...said, '--log-level', 'debug', '--reflection', 'false', '--insecure', 'false', '--max-plan-lag', '7'),
    ).toEqual({
      listen: '[::1]:2',
      data: 'here',
      policy: 'p',
      metrics: '127.0.0.1:3',
      logLevel: 'debug',
      reflection: false,
      insecure: false,
      maxPlanLag: 7,
    });
  });

  test('that say no in the environment mean no', () => {
    process.env['ALERTS_INSECURE'] = 'false';
    process.env['ALERTS_REFLECTION'] = 'false';
    expect(parse()).toMatchObject({ insecure: false, reflection: false });
  });

  test('are all in the help, with their variables, and nothing that is there for tests', () => {
    const help = createCommand('1.2.3').helpInformation();
    for (const flag of ['--listen', '--data', '--policy', '--metrics', '--log-level', '--reflection', '--insecure']) {
      expect(help).toContain(flag);
    }
    for (const name of Object.keys(environment)) expect(help).toContain(name);
    expect(help).not.toContain('unsafe');
  });
});

describe('what is wrong is refused with a reason:', () => {
  const refusal = (args: readonly string[], env: Readonly<Record<string, string>> = {}): string => {
    Object.assign(process.env, env);
    let told = '';
    const command = createCommand('1.2.3')
      .exitOverride()
      .configureOutput({ writeErr: (text) => void (told += text) });
    expect(() => readOptions('1.2.3', ['node', 'alert-gateway', ...args], command)).toThrow();
    return told;
  };

  test.each<[string, string[], RegExp]>([
    ['a port that is none', ['--listen', '127.0.0.1:70000'], /--listen.*HOST:PORT/],
    ['a log level that is none', ['--log-level', 'loud'], /--log-level.*trace, debug/],
    ['an option that is none', ['--lisen', '127.0.0.1:1'], /unknown option '--lisen'[^]*--listen/],
    ['a yes that is none', ['--insecure', 'perhaps'], /--insecure.*true or false/],
    [
      'an address that others reach',
      ['--listen', '0.0.0.0:50051'],
      /--listen 0\.0\.0\.0:50051 can be reached.*alertctl init/,
    ],
    ['the same for IPv6', ['--listen', '[::]:50051'], /can be reached from other machines/],
    ['a name', ['--listen', 'gateway.internal:50051'], /can be reached from other machines/],
    [
      'an address that others reach, for metrics',
      ['--metrics', '0.0.0.0:9464'],
      /--metrics 0\.0\.0\.0:9464 can be reached/,
    ],
  ])('%s', (_name, args, told) => expect(refusal(args)).toMatch(told));

  test.each<[string, Record<string, string>, RegExp]>([
    ['an address in the environment', { ALERTS_LISTEN: '10.0.0.1:50051' }, /--listen 10\.0\.0\.1:50051 can be reached/],
    ['and a no beside it', { ALERTS_LISTEN: '10.0.0.1:50051', ALERTS_INSECURE: 'false' }, /can be reached/],
    ['a yes that is none', { ALERTS_INSECURE: '' }, /ALERTS_INSECURE.*true or false/],
  ])('%s', (_name, env, told) => expect(refusal([], env)).toMatch(told));

  test.each<[string, string[], RegExp]>([
    ['nobody proves who it is, whatever is accepted', ['--insecure'], /nobody would have to prove.*alertctl init/],
    ['tokens would cross the network in the clear', ['--identities', 'i'], /in the clear.*--tls-cert/],
    ['TLS alone says nothing about who calls', ['--tls-cert', 'c', '--tls-key', 'k'], /alertctl init/],
  ])('another machine reaches it, and %s', (_name, args, told) =>
    expect(refusal(['--listen', '0.0.0.0:50051', ...args])).toMatch(told),
  );

  test.each<[string, string[], RegExp]>([
    ['a certificate without its key', ['--tls-cert', 'c'], /--tls-cert and --tls-key are given together/],
    ['a key without its certificate', ['--tls-key', 'k'], /--tls-cert and --tls-key are given together/],
    ['authorities of clients without TLS', ['--client-ca', 'a', '--identities', 'i'], /--client-ca needs --tls-cert/],
    [
      'authorities of clients who may do nothing',
      ['--client-ca', 'a', '--tls-cert', 'c', '--tls-key', 'k'],
      /--client-ca needs --identities/,
    ],
  ])('%s', (_name, args, told) => expect(refusal(args)).toMatch(told));

  test('and taken where it is whole', () => {
    const tls = ['--identities', 'i', '--tls-cert', 'c', '--tls-key', 'k', '--client-ca', 'a'];
    expect(parse('--listen', '0.0.0.0:50051', ...tls)).toMatchObject({ listen: '0.0.0.0:50051', clientCa: 'a' });
    expect(parse('--listen', '0.0.0.0:50051', '--identities', 'i', '--insecure')).toMatchObject({ identities: 'i' });
    expect(parse('--insecure', '--metrics', '[::]:9464')).toMatchObject({ metrics: '[::]:9464' });
  });
});
