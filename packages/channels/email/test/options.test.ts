import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import { parseOptions } from '@therapytrain/alerts-core/channel';
import { email, openEmail, smtpFromEnvironment } from '@therapytrain/alerts-channel-email';

const good = { host: 'smtp.clinic.test', from: 'alerts@clinic.test', recipients: ['on-call@clinic.test'] };

const faultsOf = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof AlertError && error.code === 'FIELD_INVALID') {
      return error.violations.map(({ field, rule }) => `${field}: ${rule}`);
    }
    throw error;
  }
  return [];
};

const refused = (more: object): readonly string[] => faultsOf(() => parseOptions(email.options, { ...good, ...more }));

test('what is left out has the defaults', () => {
  expect(parseOptions(email.options, good)).toEqual({
    ...good,
    from: { name: '', address: 'alerts@clinic.test' },
    port: 587,
    tls: { required: true, minVersion: 'TLSv1.2' },
    connections: 4,
    timeout: 30_000,
    clearance: 2,
  });
});

const hostile = [
  'on-call@clinic.test\r\nBcc: victim@evil.test',
  'on-call@clinic.test\nRCPT TO:<victim@evil.test>',
  'on-call@clinic.test, victim@evil.test',
  'on-call@clinic.test;victim@evil.test',
  'On Call <on-call@clinic.test>',
  'on-call@clinic.test>',
  '<on-call@clinic.test>',
  'on-call@clinic.test> SIZE=1',
  'on-call@clinic.test (comment)',
  'on-call @clinic.test',
  ' on-call@clinic.test',
  '"on call"@clinic.test',
  'on-call@[127.0.0.1]',
  'on-call@clinic..test',
  'on-call@-clinic.test',
  '.on-call@clinic.test',
  'on..call@clinic.test',
  'on-call@clinic.test.',
  'on-call@clinic_x.test',
  'on\u0000call@clinic.test',
  'on\u007fcall@clinic.test',
  'ön-call@clinic.test',
  'on-call@clinic\u3002test',
  'on-call',
  '@clinic.test',
  'on-call@',
  '',
  `${'l'.repeat(65)}@clinic.test`,
  `on-call@${'d'.repeat(64)}.test`,
  `on-call@${'d.'.repeat(130)}test`,
];

test.each(hostile)('the recipient %p is refused, and not repeated', (recipient) => {
  expect(refused({ recipients: [recipient] })).toEqual([
    'recipients.0: is not a bare address such as on-call@clinic.example, in ASCII',
  ]);
});

test.each([
  "o'brien+alerts@sub.clinic.test",
  '1@2.test',
  `${'l'.repeat(64)}@clinic.test`,
  'a@xn--bcher-kva.test',
  'r@localhost',
])('the recipient %p is taken', (recipient) => expect(refused({ recipients: [recipient] })).toEqual([]));

test.each([
  ['Alerts <alerts@clinic.test>', 'Alerts', 'alerts@clinic.test'],
  ['"Alerts, all of them" <alerts@clinic.test>', 'Alerts, all of them', 'alerts@clinic.test'],
  ['Ärzte <alerts@clinic.test>', 'Ärzte', 'alerts@clinic.test'],
  ['alerts@clinic.test', '', 'alerts@clinic.test'],
])('the sender %p is read', (from, name, address) => {
  expect(parseOptions(email.options, { ...good, from }).from).toEqual({ name, address });
});

test.each([
  'Alerts <alerts@clinic.test>, b@c.test',
  'A\r\nBcc: b@c.test <alerts@clinic.test>',
  'Alerts',
  '<>',
  'a@b.test c',
])('the sender %p is refused', (from) => expect(refused({ from })).toHaveLength(1));

test('every other rule is named with its field', () => {
  expect(refused({ recipients: [] })).toEqual(['recipients: names nobody']);
  expect(refused({ recipients: Array.from({ length: 51 }, (_, at) => `r${at}@clinic.test`) })).toEqual([
    'recipients: names more than 50',
  ]);
  expect(refused({ recipients: ['a@clinic.test', 'A@clinic.test'] })).toEqual(['recipients: names somebody twice']);
  expect(refused({ host: 'smtp://clinic.test' })).toEqual(['host: is not a host name or an IP address']);
  expect(refused({ host: 'clinic.test:25' })).toEqual(['host: is not a host name or an IP address']);
  expect(refused({ user: 'u' })).toEqual(['pass: is needed beside user']);
  expect(refused({ pass: 'p' })).toEqual(['user: is needed beside pass']);
  expect(refused({ user: 'u', pass: 'p', tls: { required: false } })).toEqual([
    'tls.required: cannot be false where there is a user',
  ]);
  expect(refused({ tls: { rejectUnauthorized: false } })).toEqual(['tls.rejectUnauthorized: is not an option']);
  expect(refused({ timeout: '1ms' })).toEqual(['timeout: is not between 50ms and 10m']);
  expect(refused({ listId: 'a b' })).toEqual(['listId: is not a domain name in ASCII']);
  expect(refused({ port: 0 })[0]).toMatch(/^port: /);
});

test('a DKIM key that would leave mails unsigned is refused', () => {
  const dkim = { domain: 'clinic.test', selector: 'alerts' };
  const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']): string =>
    key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(refused({ dkim: { ...dkim, privateKey: pem(rsa) } })).toEqual([]);
  const rule = 'dkim.privateKey: is not an RSA private key in PEM of at least 1024 bits';
  expect(refused({ dkim: { ...dkim, privateKey: pem(generateKeyPairSync('ed25519').privateKey) } })).toEqual([rule]);
  expect(refused({ dkim: { ...dkim, privateKey: 'no key' } })).toEqual([rule]);
});

test('a template is read when the options are, and may not put more into a subject than belongs there', () => {
  expect(refused({ template: { text: '{{ headline' } })[0]).toMatch(/^template\.text: is no template that works/);
  expect(refused({ template: { subject: '{{ headline }}' } })).toEqual([]);
  expect(refused({ clearance: 'PERSONAL', template: { subject: '{{ headline }}' } })).toEqual([
    'template.subject: cannot be had with a clearance above INTERNAL, which a subject never shows',
  ]);
});

test('the environment fills in what is not given, as in the seed', () => {
  const env = {
    SMTP_HOST: 'smtp.clinic.test',
    SMTP_PORT: '465',
    SMTP_SECURE: 'true',
    SMTP_USER: 'u',
    SMTP_PASS: 'p',
    SMTP_FROM: 'alerts@clinic.test',
  };
  const all = { host: 'smtp.clinic.test', port: 465, secure: true, user: 'u', pass: 'p', from: 'alerts@clinic.test' };
  expect(smtpFromEnvironment(env)).toEqual(all);
  expect(smtpFromEnvironment(env, { port: 25, from: 'b@clinic.test' })).toEqual({
    ...all,
    port: 25,
    from: 'b@clinic.test',
  });
  expect(smtpFromEnvironment({ SMTP_HOST: 'h', SMTP_FROM: 'a@b.test', SMTP_USER: '' })).toEqual({
    host: 'h',
    from: 'a@b.test',
  });
});

test.each([
  [
    {},
    [
      'SMTP_HOST: is not set, and the option host is not given',
      'SMTP_FROM: is not set, and the option from is not given',
    ],
  ],
  [
    { SMTP_HOST: 'h', SMTP_FROM: 'a@b.test', SMTP_USER: 'u' },
    ['SMTP_PASS: is not set, and the option pass is not given'],
  ],
  [
    { SMTP_HOST: 'h', SMTP_FROM: 'a@b.test', SMTP_PASS: 'p' },
    ['SMTP_USER: is not set, and the option user is not given'],
  ],
  [{ SMTP_HOST: 'h', SMTP_FROM: 'a@b.test', SMTP_PORT: '587x' }, ['SMTP_PORT: is not a port number']],
  [{ SMTP_HOST: 'h', SMTP_FROM: 'a@b.test', SMTP_SECURE: 'yes' }, ['SMTP_SECURE: is neither true nor false']],
])('of the environment %j it is said what is missing or wrong', (env, faults) => {
  expect(faultsOf(() => smtpFromEnvironment(env))).toEqual(faults);
});

test('openEmail reads the environment of the process', async () => {
  const names = ['SMTP_HOST', 'SMTP_PORT', 'SMTP_SECURE', 'SMTP_USER', 'SMTP_PASS', 'SMTP_FROM'];
  const kept = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  try {
    expect(faultsOf(() => openEmail({ recipients: ['a@b.test'] }))[0]).toMatch(/^SMTP_HOST: is not set/);
    process.env['SMTP_HOST'] = 'smtp.clinic.test';
    process.env['SMTP_FROM'] = 'alerts@clinic.test';
    const opened = openEmail({ recipients: ['a@b.test'] });
    await opened.close();
  } finally {
    for (const [name, value] of kept) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});
