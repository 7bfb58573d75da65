import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ActionTaken,
  AlertError,
  AlertManager,
  AlertSeverity,
  AutomatedResponseHandler,
  type AutomatedResponseOptions,
  type HandledAlert,
  type Metadata,
} from '@therapytrain/alerts';
import { testPorts } from '@therapytrain/alerts-testkit';
import {
  type Call,
  calls,
  instead,
  rateLimiterService,
  securityAuditService,
  userService,
} from './fixtures/platform-services.ts';

const { LOW, MEDIUM, HIGH, CRITICAL } = AlertSeverity;

beforeEach(() => {
  calls.length = 0;
  instead.clear();
  AlertManager.reset();
});
afterEach(() => AlertManager.reset());

const ports = testPorts();

const alertOf = (type: string, severity: AlertSeverity, metadata: Metadata): HandledAlert => {
  const at = ports.clock.now();
  return {
    ...{ id: ports.ids.next(), sequence: 1, type, severity, message: 'canary message', metadata, source: 'local' },
    ...{ occurredAt: at, receivedAt: at, fingerprint: '', dedupKey: '', traceParent: '', timestamp: new Date(at) },
  };
};

const open = (options: AutomatedResponseOptions = {}) => {
  const taken: ActionTaken[] = [];
  const handler = new AutomatedResponseHandler(userService, rateLimiterService, securityAuditService, {
    ports,
    onAction: (each) => void taken.push(each),
    ...options,
  });
  const handle = (type: string, severity: AlertSeverity, metadata: Metadata) =>
    handler.handleAlert(alertOf(type, severity, metadata));
  return { handle, taken, handler };
};

const failure = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
};

/** What was done, without the records of alerts. */
const done = (): readonly Call[] => calls.filter(([name]) => name !== 'recordAlert');
const recorded = (type: string): readonly Call[] => calls.filter(([name, of]) => name === 'recordAlert' && of === type);

const user = { userId: 'anna.berg' };
const ip = { ipAddress: '203.0.113.7' };
const at = { resource: '/notes/7' };
const login = { ...user, ...ip };
const use = { ...user, ...at };
const breach = { ...use, operation: 'export' };

describe('the seed’s "Adding Automated Responses", with only the import path changed', () => {
  test('is what stands in the seed and in the README', () => {
    const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
    const changed = read('./fixtures/adding-automated-responses.txt').replace("'./security'", "'@therapytrain/alerts'");
    expect(read('./adding-automated-responses.ts').replace('// prettier-ignore\n', '')).toContain(changed);
    expect(read('../README.md')).toContain(`\`\`\`ts\n${changed}\`\`\``);
  });

  test('runs, and answers the alerts of the example before it', async () => {
    await import('./adding-automated-responses.ts');
    await import('./basic-alert-creation.ts');
    const manager = AlertManager.getInstance();
    await manager.idle();
    expect(manager.stats()).toMatchObject({ handled: 4, failed: 0 });
    expect(recorded('AUTH_FAILURE')).toHaveLength(2);
    expect(done()).toEqual(
      expect.arrayContaining([
        ['addToSuspiciousList', '192.168.1.1'],
        ['temporaryLockAccount', 'user123'],
        ['logAccessPattern', 'user123', '/api/sensitive'],
        ['temporaryBlock', '192.168.1.1', 3600],
      ]),
    );
    expect(done()).toHaveLength(6);
  });
});

describe('what the services expect', () => {
  const suspicious: Call = ['addToSuspiciousList', '203.0.113.7'];
  const lock: Call = ['temporaryLockAccount', 'anna.berg'];
  const pattern: Call = ['logAccessPattern', 'anna.berg', '/notes/7'];
  const session: Call = ['revokeCurrentSession', 'anna.berg'];
  const access: Call = ['revokeResourceAccess', 'anna.berg', '/notes/7'];

  test.each<[string, AlertSeverity, Metadata, readonly Call[]]>([
    ['AUTH_FAILURE', LOW, login, [suspicious]],
    ['AUTH_FAILURE', MEDIUM, login, [suspicious]],
    ['AUTH_FAILURE', HIGH, login, [suspicious, lock]],
    ['AUTH_FAILURE', CRITICAL, login, [suspicious, lock]],
    ['AUTH_FAILURE', MEDIUM, ip, [suspicious]],
    ['UNUSUAL_ACCESS', LOW, use, [pattern]],
    ['UNUSUAL_ACCESS', MEDIUM, use, [pattern]],
    ['UNUSUAL_ACCESS', HIGH, use, [pattern, session]],
    ['UNUSUAL_ACCESS', CRITICAL, use, [pattern, session]],
    ['RATE_LIMIT_BREACH', LOW, ip, [['decreaseLimit', '203.0.113.7']]],
    ['RATE_LIMIT_BREACH', MEDIUM, ip, [['temporaryBlock', '203.0.113.7', 300]]],
    ['RATE_LIMIT_BREACH', HIGH, ip, [['temporaryBlock', '203.0.113.7', 3600]]],
    ['RATE_LIMIT_BREACH', CRITICAL, ip, [['blacklistIP', '203.0.113.7']]],
    ['DATA_VIOLATION', LOW, breach, []],
    ['DATA_VIOLATION', MEDIUM, breach, []],
    ['DATA_VIOLATION', HIGH, breach, [access]],
    ['DATA_VIOLATION', CRITICAL, breach, [access]],
    ['SYSTEM_HEALTH', CRITICAL, { component: 'db', status: 'down' }, []],
    ['A_TYPE_OF_OUR_OWN', CRITICAL, { ...login, ...breach }, []],
  ])('%s of severity %d', async (type, severity, metadata, expected) => {
    await open().handle(type, severity, metadata);
    expect([...done()].sort()).toEqual([...expected].sort());
    const alert = ['recordAlert', type, severity, { message: 'canary message', ...metadata }];
    const { userId, resource, operation } = breach;
    const rule = ['recordAlert', type, severity, { userId, resource, operation }];
    expect(recorded(type)).toEqual(type === 'DATA_VIOLATION' ? [alert, rule] : [alert]);
    expect(calls).toHaveLength(expected.length + (type === 'DATA_VIOLATION' ? 2 : 1));
  });

  test('an address is given in its one form', async () => {
    await open().handle('AUTH_FAILURE', LOW, { ipAddress: '::ffff:203.0.113.7' });
    expect(done()).toEqual([suspicious]);
  });

  test('what the service needs no promise for is done too', async () => {
    const sync = { ...userService, temporaryLockAccount: (id: string) => void calls.push(['locked', id]) };
    const users = Object.assign(Object.create(userService) as typeof userService, sync);
    const handler = new AutomatedResponseHandler(users, rateLimiterService, securityAuditService, { ports });
    await handler.handleAlert(alertOf('AUTH_FAILURE', HIGH, login));
    expect(done()).toContainEqual(['locked', 'anna.berg']);
  });
});

describe('missing metadata', () => {
  test.each<[string, AlertSeverity, Metadata, readonly string[]]>([
    ['AUTH_FAILURE', LOW, user, ['ipAddress']],
    ['AUTH_FAILURE', HIGH, ip, ['userId']],
    ['AUTH_FAILURE', HIGH, {}, ['ipAddress', 'userId']],
    ['AUTH_FAILURE', HIGH, { ...login, userId: '  ' }, ['userId']],
    ['AUTH_FAILURE', HIGH, { ...login, userId: 7 }, ['userId']],
    ['AUTH_FAILURE', HIGH, { ...login, ipAddress: 'canary.example' }, ['ipAddress']],
    ['AUTH_FAILURE', HIGH, { ...login, ipAddress: '203.0.113.0/24' }, ['ipAddress']],
    ['UNUSUAL_ACCESS', LOW, user, ['resource']],
    ['UNUSUAL_ACCESS', CRITICAL, at, ['userId']],
    ['RATE_LIMIT_BREACH', CRITICAL, user, ['ipAddress']],
    ['DATA_VIOLATION', LOW, use, ['operation']],
    ['DATA_VIOLATION', HIGH, { ...at, operation: 'export' }, ['userId']],
  ])('of %s, severity %d: %j lacks %j', async (type, severity, metadata, keys) => {
    const error = await failure(open().handle(type, severity, metadata));
    expect(error).toBeInstanceOf(AlertError);
    const { code, violations, message } = error as AlertError;
    expect([code, violations.map(({ field }) => field)]).toEqual([
      'FIELD_INVALID',
      keys.map((key) => `metadata.${key}`),
    ]);
    for (const value of Object.values(metadata)) if (value !== '  ') expect(message).not.toContain(String(value));
    // It is recorded, and acts on nothing.
    expect(calls).toEqual([['recordAlert', type, severity, { message: 'canary message', ...metadata }]]);
  });
});

describe('when services fail', () => {
  const broken = new Error('the service is away');
  const fails = (...names: string[]): void => {
    for (const name of names) instead.set(name, () => Promise.reject(broken));
  };

  test.each(['recordAlert', 'addToSuspiciousList', 'temporaryLockAccount'])(
    '%s alone: the others are done, and its own error reaches the caller',
    async (name) => {
      fails(name);
      const { handle, taken } = open();
      expect(await failure(handle('AUTH_FAILURE', HIGH, login))).toBe(broken);
      expect(calls.map(([each]) => each).sort()).toEqual([
        'addToSuspiciousList',
        'recordAlert',
        'temporaryLockAccount',
      ]);
      expect(taken.filter(({ outcome }) => outcome === 'failed').map(({ action }) => action)).toEqual(
        name === 'recordAlert' ? [] : [name],
      );
    },
  );

  test('all of them: each is tried, and an AggregateError names the steps and nobody', async () => {
    fails('recordAlert', 'temporaryLockAccount', 'addToSuspiciousList');
    const error = await failure(open().handle('AUTH_FAILURE', CRITICAL, login));
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([broken, broken, broken]);
    expect((error as AggregateError).message).toBe(
      '3 steps failed: addToSuspiciousList, temporaryLockAccount, recordAlert',
    );
    expect(calls).toHaveLength(3);
  });

  test('one that throws at once, with nothing, keeps no other back', async () => {
    const users = { ...userService, temporaryLockAccount: () => { throw undefined; } }; // prettier-ignore
    const handler = new AutomatedResponseHandler(
      Object.assign(Object.create(userService) as typeof userService, users),
      rateLimiterService,
      securityAuditService,
    );
    const error = await failure(handler.handleAlert(alertOf('AUTH_FAILURE', HIGH, login)));
    expect(error).toBeInstanceOf(Error);
    expect(calls).toHaveLength(2);
  });

  test('the audit and the metadata at once are both told', async () => {
    fails('recordAlert');
    const error = await failure(open().handle('RATE_LIMIT_BREACH', LOW, {}));
    expect((error as AggregateError).errors).toEqual([expect.any(AlertError), broken]);
  });

  test('an audit that hangs does not keep the action back', async () => {
    instead.set('recordAlert', () => new Promise(() => {}));
    void open().handle('AUTH_FAILURE', HIGH, login);
    await ports.clock.advance(0);
    expect(done().map(([name]) => name)).toEqual(['addToSuspiciousList', 'temporaryLockAccount']);
  });

  test('who is told and throws changes nothing', async () => {
    const { handle } = open({
      onAction: () => {
        throw new Error('the listener is broken');
      },
    });
    await handle('AUTH_FAILURE', HIGH, login);
    expect(done()).toHaveLength(2);
  });
});

describe('guardrails', () => {
  const refusals = (): readonly unknown[] => recorded('RESPONSE_REFUSED').map(([, , , details]) => details);
  const refused = (action: string, rule: string) => ({ alertId: expect.any(String), action, rule });
  const number = (count: number) => Array.from({ length: count }, (_, each) => each);

  test.each<[string, string]>([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['169.254.169.254', 'link_local'],
    ['255.255.255.255', 'broadcast'],
    ['198.51.100.9', 'protected_address'],
  ])('%s is never acted on', async (ipAddress, rule) => {
    const { handle, taken } = open({ protect: { addresses: ['198.51.100.0/24'] } });
    await handle('RATE_LIMIT_BREACH', CRITICAL, { ipAddress });
    await handle('AUTH_FAILURE', LOW, { ipAddress });
    expect(done()).toEqual([]);
    expect(refusals()).toEqual([refused('blacklistIP', rule), refused('addToSuspiciousList', rule)]);
    expect(taken.map(({ outcome, rule: by }) => [outcome, by])).toEqual([
      ['refused', rule],
      ['refused', rule],
    ]);
  });

  test('nor are the addresses of this machine', async () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    expect(own.length).toBeGreaterThan(0);
    for (const { address } of own) await open().handle('RATE_LIMIT_BREACH', CRITICAL, { ipAddress: address });
    expect(done()).toEqual([]);
  });

  test('an administrator is not locked out, under whatever spelling; the address is still marked', async () => {
    const { handle } = open({ protect: { users: ['root'], groups: { admins: ['admin@clinic.test'] } } });
    for (const userId of ['root', ' ROOT ', 'Admin@Clinic.test']) await handle('AUTH_FAILURE', HIGH, { ...ip, userId });
    await handle('DATA_VIOLATION', CRITICAL, { ...breach, userId: 'root' });
    await handle('UNUSUAL_ACCESS', HIGH, { ...use, userId: 'root' });
    expect(done().map(([name]) => name)).toEqual([
      ...['addToSuspiciousList', 'addToSuspiciousList', 'addToSuspiciousList'],
      'logAccessPattern',
    ]);
    expect(refusals()).toContainEqual(refused('temporaryLockAccount', 'protected_group'));
    expect(JSON.stringify(refusals())).not.toMatch(/root|admin|203\.0/i);
  });

  test('500 failed logins for 500 users from one address: few are locked, and the address is blocked once', async () => {
    const { handle } = open();
    await Promise.all(number(500).map((each) => handle('AUTH_FAILURE', HIGH, { ...ip, userId: `user${each}` })));
    expect(done().filter(([name]) => name === 'temporaryLockAccount')).toHaveLength(5);
    expect(done().filter(([name]) => name === 'temporaryBlock')).toEqual([['temporaryBlock', '203.0.113.7', 3600]]);
    expect(refusals()).toHaveLength(495);
    expect(recorded('AUTH_FAILURE')).toHaveLength(500);
  });

  test('the address is blocked also where the budget for its victims is smaller', async () => {
    const { handle } = open({ budget: { targets: 2, window: 60_000 } });
    for (const each of number(8)) await handle('AUTH_FAILURE', HIGH, { ...ip, userId: `user${each}` });
    expect(done().filter(([name]) => name === 'temporaryLockAccount')).toHaveLength(2);
    expect(done().filter(([name]) => name === 'temporaryBlock')).toHaveLength(1);
    expect(refusals().map((each) => (each as { rule: string }).rule)).toEqual([
      ...['budget', 'budget', 'budget'],
      ...['weaponised', 'weaponised', 'weaponised'],
    ]);
  });

  test('a protected address that attacks through us is not blocked, and its victims are left alone', async () => {
    const { handle } = open({ protect: { addresses: ['203.0.113.0/24'] } });
    for (const each of number(9)) await handle('AUTH_FAILURE', HIGH, { ...ip, userId: `user${each}` });
    expect(done().filter(([name]) => name !== 'temporaryLockAccount')).toEqual([]);
    expect(done()).toHaveLength(5);
  });

  test('after the window it begins anew', async () => {
    const { handle } = open({ weaponised: { targets: 1, window: 60_000 } });
    for (const userId of ['one', 'two', 'one', 'two']) await handle('AUTH_FAILURE', HIGH, { ...ip, userId });
    const acted = () => done().filter(([name]) => name !== 'addToSuspiciousList');
    expect(acted()).toEqual([
      ['temporaryLockAccount', 'one'],
      ['temporaryBlock', '203.0.113.7', 3600],
      ['temporaryLockAccount', 'one'],
    ]);
    await ports.clock.advance(60_000);
    await handle('AUTH_FAILURE', HIGH, { ...ip, userId: 'two' });
    expect(acted().at(-1)).toEqual(['temporaryLockAccount', 'two']);
  });

  test('a wall clock that jumps changes no window', async () => {
    const { handle } = open({ budget: { targets: 1, window: 60_000 } });
    await handle('UNUSUAL_ACCESS', HIGH, { ...use, userId: 'one' });
    ports.clock.set(ports.clock.now() + 86_400_000);
    await handle('UNUSUAL_ACCESS', HIGH, { ...use, userId: 'two' });
    ports.clock.set(ports.clock.now() - 86_400_000);
    expect(refusals()).toEqual([refused('revokeCurrentSession', 'budget')]);
  });

  test('a thousand at once with a budget of ten are ten exactly; then nobody is acted on for a window, and the audit is told once', async () => {
    const { handle } = open({ budget: { targets: 10, window: 3_600_000 } });
    for (const userId of ['user3', 'user3']) await handle('UNUSUAL_ACCESS', HIGH, { ...use, userId });
    expect(done().filter(([name]) => name === 'revokeCurrentSession')).toHaveLength(2);
    await Promise.all(number(1_000).map((each) => handle('UNUSUAL_ACCESS', HIGH, { ...use, userId: `user${each}` })));
    expect(done().filter(([name]) => name === 'revokeCurrentSession')).toHaveLength(12);
    expect(refusals()).toHaveLength(990);
    expect(recorded('RESPONSE_BUDGET')).toEqual([
      ['recordAlert', 'RESPONSE_BUDGET', HIGH, { alertId: expect.any(String) }],
    ]);
    const sessions = () => done().filter(([name]) => name === 'revokeCurrentSession').length;
    await ports.clock.advance(3_599_999);
    await handle('UNUSUAL_ACCESS', HIGH, { ...use, userId: 'user3' });
    expect(sessions()).toBe(12);
    await ports.clock.advance(1);
    await handle('UNUSUAL_ACCESS', HIGH, { ...use, userId: 'user3' });
    expect(sessions()).toBe(13);
  });

  const [minute, day] = [60_000, 86_400_000];
  const seconds = () => done().flatMap(([name, , each]) => (name === 'temporaryBlock' ? [each] : []));

  test('who comes back after a block is blocked for longer, and who has rested begins anew', async () => {
    const { handle } = open({ ladder: [5 * minute, 60 * minute, day], decay: 7 * day });
    const again = async (after: number) => {
      await ports.clock.advance(after);
      await handle('RATE_LIMIT_BREACH', MEDIUM, ip);
    };
    await again(0);
    // It still lasts: the same rung, and not the next one.
    await again(5 * minute - 1);
    expect(seconds()).toEqual([300, 300]);
    await again(5 * minute);
    await again(60 * minute);
    await again(day);
    // A jump of the wall clock is no rest.
    ports.clock.set(ports.clock.now() + 30 * day);
    await again(day);
    expect(seconds()).toEqual([300, 300, 3_600, 86_400, 86_400, 86_400]);
    await again(day + 7 * day + 1);
    expect(seconds().at(-1)).toBe(300);
    // Another address has a ladder of its own, and no rung is shorter than what the severity says.
    await handle('RATE_LIMIT_BREACH', HIGH, { ipAddress: '203.0.113.8' });
    expect(seconds().at(-1)).toBe(3_600);
  });

  test('without a ladder every block lasts as the severity says', async () => {
    const { handle } = open();
    for (let n = 0; n < 3; n++) {
      await handle('RATE_LIMIT_BREACH', MEDIUM, ip);
      await ports.clock.advance(10 * minute);
    }
    expect(seconds()).toEqual([300, 300, 300]);
  });

  test('a block that failed is on no rung', async () => {
    const { handle } = open({ ladder: [5 * minute, 60 * minute] });
    instead.set('temporaryBlock', () => Promise.reject(new Error('the service is away')));
    await failure(handle('RATE_LIMIT_BREACH', MEDIUM, ip));
    instead.clear();
    await ports.clock.advance(10 * minute);
    await handle('RATE_LIMIT_BREACH', MEDIUM, ip);
    expect(seconds()).toEqual([300, 300]);
  });

  test('what a person took back is not done again for the grace, whatever its spelling; all else is', async () => {
    const { handle, handler } = open({ grace: 60 * minute, ladder: [5 * minute, day] });
    await handle('RATE_LIMIT_BREACH', MEDIUM, ip);
    handler.reverted({ action: 'temporaryBlock', target: '::ffff:203.0.113.7', by: 'carla' });
    handler.reverted({ action: 'temporaryLockAccount', target: ' Anna.Berg ', by: 'carla' });
    await ports.clock.advance(60 * minute);
    await handle('RATE_LIMIT_BREACH', MEDIUM, ip);
    // To refuse it for good would be the same once more.
    await handle('RATE_LIMIT_BREACH', CRITICAL, ip);
    await handle('AUTH_FAILURE', HIGH, login);
    expect(seconds()).toEqual([300]);
    expect(done().map(([name]) => name)).toEqual(['temporaryBlock', 'addToSuspiciousList']);
    expect(refusals()).toEqual(
      ['temporaryBlock', 'blacklistIP', 'temporaryLockAccount'].map((action) => refused(action, 'grace')),
    );
    await handle('UNUSUAL_ACCESS', HIGH, use);
    expect(done().map(([name]) => name)).toContain('revokeCurrentSession');
    await ports.clock.advance(1);
    await handle('RATE_LIMIT_BREACH', MEDIUM, ip);
    // What a person took back leads to no next rung.
    expect(seconds()).toEqual([300, 300]);
  });

  test('what is taken back while it is on its way stays taken back', async () => {
    const { handle, handler } = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    instead.set('revokeResourceAccess', () => promise);
    const handled = handle('DATA_VIOLATION', HIGH, breach);
    const { userId: target, resource } = breach;
    handler.reverted({ action: 'revokeResourceAccess', target, resource, by: 'carla' });
    resolve();
    await handled;
    await handle('DATA_VIOLATION', HIGH, breach);
    expect(refusals()).toEqual([refused('revokeResourceAccess', 'grace')]);
    // Another resource is another target.
    await handle('DATA_VIOLATION', HIGH, { ...breach, resource: '/notes/8' });
    expect(refusals()).toHaveLength(1);
  });

  test('nobody takes nothing back', () => {
    const { handler } = open();
    expect(() => handler.reverted({ action: 'blacklistIP', target: ' ', by: '' })).toThrow(/target.*by/);
  });

  test('alerts that an action causes by itself lead to none on its target, where the options say so', async () => {
    const { handle } = open({ ownActions: minute });
    await handle('RATE_LIMIT_BREACH', MEDIUM, ip);
    await ports.clock.advance(5 * minute - 1);
    await handle('RATE_LIMIT_BREACH', CRITICAL, ip);
    await handle('AUTH_FAILURE', HIGH, login);
    await handle('AUTH_FAILURE', HIGH, login);
    expect(refusals()).toEqual([refused('blacklistIP', 'own_action'), refused('temporaryLockAccount', 'own_action')]);
    // That the account is locked says nothing of the address.
    expect(done().filter(([name]) => name === 'addToSuspiciousList')).toHaveLength(2);
    await ports.clock.advance(minute);
    await handle('RATE_LIMIT_BREACH', CRITICAL, ip);
    await handle('AUTH_FAILURE', HIGH, login);
    expect(refusals()).toHaveLength(2);
    expect(
      done()
        .slice(-3)
        .map(([name]) => name),
    ).toEqual([...['blacklistIP', 'addToSuspiciousList', 'temporaryLockAccount']]);
  });

  test('old alerts are recorded alone, where the options say so', async () => {
    for (const freshFor of [15 * minute, undefined]) {
      const { handler } = open(freshFor === undefined ? {} : { freshFor });
      const alert = alertOf('RATE_LIMIT_BREACH', HIGH, ip);
      await ports.clock.advance(15 * minute);
      await handler.handleAlert(alert);
      await ports.clock.advance(1);
      await handler.handleAlert(alert);
    }
    expect(seconds()).toHaveLength(3);
    expect(refusals()).toEqual([refused('temporaryBlock', 'too_old')]);
    expect(recorded('RATE_LIMIT_BREACH')).toHaveLength(4);
  });

  test('a time that is none is refused when the handler is made, by its name', () => {
    expect(() => open({ ladder: [minute, Number.NaN] })).toThrow(/ladder/);
    expect(() => open({ grace: -1, decay: Number.NaN })).toThrow(/decay.*grace/);
  });

  test('a dry run does nothing and records what it would have done', async () => {
    const { handle, taken } = open({ dryRun: true });
    for (const [type, metadata] of [
      ['AUTH_FAILURE', login],
      ['RATE_LIMIT_BREACH', ip],
      ['DATA_VIOLATION', breach],
    ] as const)
      // prettier-ignore
      await handle(type, CRITICAL, metadata);
    await handle('UNUSUAL_ACCESS', HIGH, use);
    expect(done()).toEqual([['logAccessPattern', 'anna.berg', '/notes/7']]);
    expect(taken.map(({ action, rule }) => [action, rule])).toEqual([
      ['addToSuspiciousList', 'dry_run'],
      ['temporaryLockAccount', 'dry_run'],
      ['blacklistIP', 'dry_run'],
      ['revokeResourceAccess', 'dry_run'],
      ['revokeCurrentSession', 'dry_run'],
    ]);
  });

  test('the switch stops what is to come, until it is turned back', async () => {
    let off = true;
    const { handle } = open({ stopped: () => off });
    await handle('RATE_LIMIT_BREACH', HIGH, ip);
    expect(done()).toEqual([]);
    off = false;
    await handle('RATE_LIMIT_BREACH', HIGH, ip);
    expect(done()).toHaveLength(1);
  });

  test('a protected address that is none is refused when the handler is made', () => {
    expect(() => open({ protect: { addresses: ['10.0.0.0/8', 'canary'] } })).toThrow(/addresses\[\d+\]/);
    expect(() => open({ protect: { addresses: ['canary'] } })).not.toThrow(/canary/);
  });
});
