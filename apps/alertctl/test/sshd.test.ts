import { describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { createSshdFormat } from '../src/import/sshd.ts';

const now = Date.UTC(2026, 10, 24);
const format = createSshdFormat({ now, utc: true });
const line = (message: string): string => `Nov 10 06:55:46 host1 sshd[24200]: ${message}`;
const read = (message: string) => format.read(line(message));
const { LOW, MEDIUM, HIGH } = AlertSeverity;

const at = { ipAddress: '192.0.2.7', port: 4242, host: 'host1' };

describe('a message is an alert', () => {
  const failed = { event: 'login_failed', method: 'password' };
  const unknown = { event: 'unknown_user', host: 'host1', ipAddress: '192.0.2.7' };
  const many = { event: 'too_many_failures', endpoint: 'ssh' };
  const mismatch = { event: 'reverse_mapping_failed', resource: 'ssh', ipAddress: '192.0.2.7', host: 'host1' };

  test.each([
    [
      'Failed password for root from 192.0.2.7 port 4242 ssh2',
      'AUTH_FAILURE',
      HIGH,
      { ...failed, ...at, userId: 'root' },
    ],
    [
      'Failed password for invalid user admin from 192.0.2.7 port 4242 ssh2',
      'AUTH_FAILURE',
      MEDIUM,
      { ...failed, ...at, userId: 'admin' },
    ],
    [
      'Failed password for invalid user  two words from 192.0.2.7 port 4242 ssh2',
      'AUTH_FAILURE',
      MEDIUM,
      { ...failed, ...at, userId: ' two words' },
    ],
    [
      'Failed none for invalid user x from 192.0.2.7 port 4242 ssh2',
      'AUTH_FAILURE',
      LOW,
      { ...failed, ...at, method: 'none', userId: 'x' },
    ],
    [
      'Failed publickey for bob from 192.0.2.7 port 4242 ssh2: RSA SHA256:abc+/=',
      'AUTH_FAILURE',
      LOW,
      { ...failed, ...at, method: 'publickey', userId: 'bob' },
    ],
    [
      'Failed publickey for bob from 192.0.2.7 port 4242 ssh2: RSA-CERT SHA256:a ID x from 198.51.100.9 port 1 ssh2 (serial 0) CA RSA SHA256:b',
      'AUTH_FAILURE',
      LOW,
      { ...failed, ...at, method: 'publickey', userId: 'bob' },
    ],
    [
      'Failed keyboard-interactive/pam for bob from 2001:db8::1 port 4242 ssh2',
      'AUTH_FAILURE',
      HIGH,
      { ...failed, ...at, method: 'keyboard-interactive/pam', userId: 'bob', ipAddress: '2001:db8::1' },
    ],
    ['Invalid user admin from 192.0.2.7', 'AUTH_FAILURE', LOW, { ...unknown, userId: 'admin' }],
    ['Invalid user admin from 192.0.2.7 port 4242', 'AUTH_FAILURE', LOW, { ...unknown, port: 4242, userId: 'admin' }],
    ['Illegal user  from 192.0.2.7', 'AUTH_FAILURE', LOW, { ...unknown, userId: '' }],
    [
      'Disconnecting: Too many authentication failures for root [preauth]',
      'RATE_LIMIT_BREACH',
      HIGH,
      { ...many, userId: 'root', host: 'host1' },
    ],
    [
      'Disconnecting: Too many authentication failures [preauth]',
      'RATE_LIMIT_BREACH',
      HIGH,
      { ...many, host: 'host1' },
    ],
    [
      'Disconnecting authenticating user root 192.0.2.7 port 4242: Too many authentication failures [preauth]',
      'RATE_LIMIT_BREACH',
      HIGH,
      { ...many, ...at, userId: 'root' },
    ],
    [
      'error: maximum authentication attempts exceeded for invalid user x from 192.0.2.7 port 4242 ssh2 [preauth]',
      'RATE_LIMIT_BREACH',
      HIGH,
      { ...many, ...at, userId: 'x' },
    ],
    [
      'reverse mapping checking getaddrinfo for a.example [192.0.2.7] failed - POSSIBLE BREAK-IN ATTEMPT!',
      'UNUSUAL_ACCESS',
      HIGH,
      mismatch,
    ],
    [
      'Address 192.0.2.7 maps to a.example, but this does not map back to the address - POSSIBLE BREAK-IN ATTEMPT!',
      'UNUSUAL_ACCESS',
      HIGH,
      mismatch,
    ],
    [
      'message repeated 5 times: [ Failed password for root from 192.0.2.7 port 4242 ssh2]',
      'AUTH_FAILURE',
      HIGH,
      { ...failed, ...at, userId: 'root', attempts: 5 },
    ],
  ])('%s', (message, type, severity, metadata) => {
    const result = read(message);
    expect(result).toMatchObject({
      kind: 'alert',
      draft: { type, severity, occurredAt: Date.UTC(2026, 10, 10, 6, 55, 46) },
    });
    expect(result.kind === 'alert' && result.draft.metadata).toEqual(metadata);
  });
});

describe('an attacker who chooses the user name', () => {
  test.each([
    ['Failed password for invalid user root from 198.51.100.9 port 22 ssh2 from 192.0.2.7 port 4242 ssh2'],
    ['Failed password for invalid user x from 198.51.100.9 port 22 ssh2: RSA abc from 192.0.2.7 port 4242 ssh2'],
    ['Invalid user x from 198.51.100.9 port 1 from 192.0.2.7 port 4242'],
    ['Invalid user x from 198.51.100.9 from 192.0.2.7'],
    [
      'error: maximum authentication attempts exceeded for x from 198.51.100.9 port 1 ssh2 from 192.0.2.7 port 4242 ssh2',
    ],
    [
      'Disconnecting invalid user x 198.51.100.9 port 1: Too many authentication failures 192.0.2.7 port 4242: Too many authentication failures [preauth]',
    ],
  ])('cannot forge the address: %s', (message) => {
    expect(read(message)).toMatchObject({ kind: 'alert', draft: { metadata: { ipAddress: '192.0.2.7' } } });
  });

  test('cannot have an address believed where the server gives none', () => {
    const result = read('Disconnecting: Too many authentication failures for x from 198.51.100.9 port 1');
    expect(result.kind === 'alert' && result.draft.metadata).not.toHaveProperty('ipAddress');
  });

  test.each(['\u001b[2J', '\ud800', '\u0000', 'x'.repeat(10_000), '\u007f'.repeat(300)])(
    'cannot hide the attempt (%j)',
    (user) => {
      const result = read(`Failed password for invalid user ${user} from 192.0.2.7 port 4242 ssh2`);
      expect(result).toMatchObject({ kind: 'alert', draft: { metadata: { ipAddress: '192.0.2.7' } } });
    },
  );

  test('cannot make it take long', () => {
    const started = performance.now();
    read(`Failed password for ${'from 192.0.2.7 port 1 '.repeat(40_000)}`);
    read(`Disconnecting authenticating user ${'a '.repeat(400_000)}`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

test.each([
  ['Accepted password for bob from 192.0.2.7 port 4242 ssh2', 'login succeeded'],
  ['Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]', 'disconnect'],
  ['error: Received disconnect from 192.0.2.7: 14: No more methods [preauth]', 'disconnect'],
  ['Connection closed by 192.0.2.7 [preauth]', 'disconnect'],
  ['pam_unix(sshd:auth): check pass; user unknown', 'pam'],
  ['PAM 2 more authentication failures; logname= uid=0', 'pam'],
  ['error: PAM: Authentication failure for root from 192.0.2.7', 'pam'],
  ['input_userauth_request: invalid user x [preauth]', 'unknown user detail'],
  ['Did not receive identification string from 192.0.2.7', 'no ssh client'],
  ['Server listening on 0.0.0.0 port 22.', 'server'],
  ['fatal: Write failed: Connection reset by peer [preauth]', 'other'],
  ['message repeated 2 times: [ Connection closed by 192.0.2.7]', 'disconnect'],
])('%s is skipped as %s', (message, reason) => expect(read(message)).toEqual({ kind: 'skipped', reason }));

test('logins that succeeded are alerts where they are asked for', () => {
  const all = createSshdFormat({ now, utc: true, includeAccepted: true });
  expect(all.read(line('Accepted publickey for bob from 192.0.2.7 port 4242 ssh2: RSA SHA256:abc'))).toMatchObject({
    draft: {
      type: 'UNUSUAL_ACCESS',
      severity: LOW,
      metadata: { ...at, userId: 'bob', method: 'publickey', event: 'login_succeeded' },
    },
  });
});

test.each([
  ['Nov 10 06:55:46 host1 CRON[1]: pam_unix(cron:session): session opened', { kind: 'skipped', reason: 'not sshd' }],
  ['', { kind: 'skipped', reason: 'blank' }],
  ['hello', { kind: 'bad', reason: 'is not a line of a system log' }],
])('%j', (text, expected) => expect(format.read(text)).toEqual(expected));

test.each(['sshd-session[7]', 'sshd-auth[7]', 'sshd'])('%s is sshd too', (program) => {
  expect(format.read(`Nov 10 06:55:46 host1 ${program}: Invalid user x from 192.0.2.7`).kind).toBe('alert');
});
