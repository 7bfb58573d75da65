import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { AlertError, type AlertSeverity, AlertSeverity as Severity, severityName } from '@therapytrain/alerts-core';
import { type AlertHandler, AlertManager, type HandledAlert } from '@therapytrain/alerts-manager';
import { configured, gate, recorder } from './support/manager.ts';

afterEach(() => AlertManager.reset());

const { LOW, MEDIUM, HIGH, CRITICAL } = Severity;
const turn = () => new Promise(setImmediate);

class Thrower implements AlertHandler {
  handleAlert(): Promise<void> {
    throw new TypeError('not even a promise');
  }
}
class Rejecter implements AlertHandler {
  async handleAlert(): Promise<void> {
    throw new RangeError('too late');
  }
}
class Hanger implements AlertHandler {
  handleAlert(): Promise<void> {
    return new Promise(() => {});
  }
}

describe('one handler cannot touch another, or the caller', () => {
  test('one throws, one rejects, one hangs: the others are told all the same, in their order', async () => {
    const { manager, ports, failures } = configured();
    const order: string[] = [];
    const named = (name: string): AlertHandler => ({ handleAlert: async () => void order.push(name) });
    for (const handler of [
      named('a'),
      new Thrower(),
      named('b'),
      new Rejecter(),
      named('c'),
      new Hanger(),
      named('d'),
    ]) {
      manager.registerHandler(handler);
    }
    const alert = await manager.handleAuthFailure('u1', '192.0.2.1');
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    await ports.clock.advance(30_000);
    await manager.idle();
    expect(failures.map(({ handler, why }) => [handler, why])).toEqual([
      ['Thrower', 'failed'],
      ['Rejecter', 'failed'],
      ['Hanger', 'timed out'],
    ]);
    expect(failures[0]).toMatchObject({
      alertId: alert.id,
      type: 'AUTH_FAILURE',
      severity: HIGH,
      error: expect.any(TypeError),
    });
    expect(failures[2]?.error).toBeUndefined();
    expect(manager.stats()).toEqual({ handled: 1, failed: 2, timedOut: 1, dropped: 0, backlog: 0 });
  });

  test('a handler that fails is asked again at the next alert', async () => {
    const { manager } = configured();
    manager.registerHandler(new Rejecter());
    for (let count = 0; count < 3; count++) await manager.handleAuthFailure('u1', '192.0.2.1');
    await manager.idle();
    expect(manager.stats()).toMatchObject({ handled: 3, failed: 3 });
  });

  test('createAlert does not wait for handlers; idle does', async () => {
    const { manager } = configured();
    const { handler, told, releaseAll } = gate();
    manager.registerHandler(handler);
    await manager.handleAuthFailure('u1', '192.0.2.1');
    expect(told).toHaveLength(1);
    let idle = false;
    const waiting = manager.idle().then(() => (idle = true));
    await turn();
    expect(idle).toBe(false);
    await releaseAll();
    await waiting;
    await manager.idle();
  });

  test('whoever listens for failures cannot cause one', async () => {
    for (const onHandlerFailure of [
      () => {
        throw new Error('the listener throws');
      },
      () => Promise.reject(new Error('the listener rejects')),
    ]) {
      const { manager } = configured({ onHandlerFailure: onHandlerFailure as () => void });
      const { handler, told } = recorder();
      manager.registerHandler(new Rejecter());
      manager.registerHandler(handler);
      await manager.handleAuthFailure('u1', '192.0.2.1');
      await manager.handleAuthFailure('u1', '192.0.2.1');
      await manager.idle();
      await turn();
      expect(told).toHaveLength(2);
      expect(manager.stats()).toMatchObject({ handled: 2, failed: 2 });
    }
  });

  test('a handler that raises an alert of its own', async () => {
    const { manager } = configured();
    const { handler, told } = recorder();
    manager.registerHandler({
      handleAlert: async ({ type }) => {
        if (type === 'AUTH_FAILURE') await manager.handleSystemHealth('login', 'degraded');
      },
    });
    manager.registerHandler(handler);
    await manager.handleAuthFailure('u1', '192.0.2.1');
    await manager.idle();
    expect(told.map(({ type }) => type)).toEqual(['AUTH_FAILURE', 'SYSTEM_HEALTH']);
  });
});

describe('registerHandler', () => {
  test('later handlers see later alerts, once each', async () => {
    const { manager } = configured();
    const [first, second] = [recorder(), recorder()];
    manager.registerHandler(first.handler);
    await manager.createAlert('AUTH_FAILURE', HIGH, 'one');
    manager.registerHandler(second.handler);
    await manager.createAlert('AUTH_FAILURE', HIGH, 'two');
    expect(first.told.map(({ message }) => message)).toEqual(['one', 'two']);
    expect(second.told.map(({ message }) => message)).toEqual(['two']);
  });

  test('handlers are told what createAlert resolves with', async () => {
    const { manager } = configured();
    const { handler, told } = recorder();
    manager.registerHandler(handler);
    const alert = await manager.handleAuthFailure('u1', '192.0.2.1');
    expect(told).toEqual([alert]);
    expect(told[0]?.timestamp).toBeInstanceOf(Date);
  });

  test('alerts before the first handler are kept, and wait for nobody', async () => {
    const { manager } = configured();
    await manager.handleAuthFailure('u1', '192.0.2.1');
    await manager.idle();
    expect(manager.stats()).toEqual({ handled: 0, failed: 0, timedOut: 0, dropped: 0, backlog: 0 });
  });
});

describe('the deadline', () => {
  test.each([
    [undefined, 30_000],
    [500, 500],
  ])('%p: a handler may take %d ms for one alert', async (handlerDeadline, deadline) => {
    const { manager, ports, failures } = configured(handlerDeadline === undefined ? {} : { handlerDeadline });
    manager.registerHandler(new Hanger());
    await manager.handleAuthFailure('u1', '192.0.2.1');
    await ports.clock.advance(deadline - 1);
    expect(failures).toEqual([]);
    await ports.clock.advance(1);
    expect(failures).toMatchObject([{ handler: 'Hanger', why: 'timed out' }]);
    await manager.idle();
  });

  test('what comes after it changes nothing: a late end, a late rejection', async () => {
    const { manager, ports, failures } = configured();
    let end: (() => void) | undefined;
    let fail: ((reason: Error) => void) | undefined;
    manager.registerHandler({ handleAlert: () => new Promise((resolve) => (end = resolve)) });
    manager.registerHandler({ handleAlert: () => new Promise((_resolve, reject) => (fail = reject)) });
    await manager.handleAuthFailure('u1', '192.0.2.1');
    await ports.clock.advance(30_000);
    end?.();
    fail?.(new Error('late'));
    await turn();
    expect(failures.map(({ why }) => why)).toEqual(['timed out', 'timed out']);
    expect(manager.stats()).toMatchObject({ handled: 1, failed: 0, timedOut: 2 });
  });

  test('handlers that end leave no timer behind', async () => {
    const { manager, ports } = configured();
    const { handler } = recorder();
    for (const each of [handler, new Thrower(), new Rejecter()]) manager.registerHandler(each);
    for (let count = 0; count < 20; count++) await manager.handleAuthFailure('u1', '192.0.2.1');
    await manager.idle();
    expect(ports.clock.sleepers()).toBe(0);
  });

  test('alerts whose handlers hang make room for others when it passes', async () => {
    const { manager, ports } = configured({ handlerConcurrency: 2 });
    const { handler, told } = recorder();
    manager.registerHandler(new Hanger());
    manager.registerHandler(handler);
    for (let count = 0; count < 5; count++) await manager.handleAuthFailure('u1', '192.0.2.1');
    expect(told).toHaveLength(2);
    await ports.clock.advance(30_000);
    expect(told).toHaveLength(4);
    await ports.clock.advance(30_000);
    expect(told).toHaveLength(5);
    await ports.clock.advance(30_000);
    await manager.idle();
    expect(manager.stats()).toMatchObject({ handled: 5, timedOut: 5 });
  });
});

const create = (manager: AlertManager, severities: readonly AlertSeverity[]): Promise<readonly HandledAlert[]> =>
  Promise.all(severities.map((severity, at) => manager.createAlert('A', severity, `${severityName(severity)} ${at}`)));
const messages = (alerts: readonly HandledAlert[]) => alerts.map(({ message }) => message);

describe('when there is a backlog', () => {
  test('the more severe are handled first, and of one severity the older', async () => {
    const { manager } = configured({ handlerConcurrency: 1 });
    const { handler, told, releaseAll } = gate();
    manager.registerHandler(handler);
    await create(manager, [LOW, LOW, CRITICAL, MEDIUM, HIGH, CRITICAL, MEDIUM, LOW]);
    expect(messages(told)).toEqual(['LOW 0']);
    expect(manager.stats().backlog).toBe(7);
    await releaseAll();
    expect(messages(told).slice(1)).toEqual([
      'CRITICAL 2',
      'CRITICAL 5',
      'HIGH 4',
      'MEDIUM 3',
      'MEDIUM 6',
      'LOW 1',
      'LOW 7',
    ]);
    expect(manager.stats()).toMatchObject({ handled: 8, backlog: 0 });
  });

  test('one that comes later overtakes those that wait', async () => {
    const { manager } = configured({ handlerConcurrency: 1 });
    const { handler, told, release, releaseAll } = gate();
    manager.registerHandler(handler);
    await create(manager, [LOW, LOW, LOW]);
    await release();
    await create(manager, [CRITICAL]);
    await releaseAll();
    expect(messages(told)).toEqual(['LOW 0', 'LOW 1', 'CRITICAL 0', 'LOW 2']);
  });

  test('beyond its bound the least severe give way, the newest of them first; that is counted and told', async () => {
    const { manager, failures } = configured({ handlerConcurrency: 1, handlerBacklog: 3 });
    const { handler, told, releaseAll } = gate();
    manager.registerHandler(handler);
    const alerts = await create(manager, [LOW, MEDIUM, LOW, LOW, HIGH, CRITICAL, LOW]);
    expect(alerts).toHaveLength(7);
    expect(failures.map(({ alertId }) => alerts.find(({ id }) => id === alertId)?.message)).toEqual([
      'LOW 3',
      'LOW 2',
      'LOW 6',
    ]);
    expect(failures[0]).toMatchObject({ handler: 'backlog', why: 'dropped', severity: LOW, error: undefined });
    await releaseAll();
    expect(messages(told)).toEqual(['LOW 0', 'CRITICAL 5', 'HIGH 4', 'MEDIUM 1']);
    expect(manager.stats()).toMatchObject({ handled: 4, dropped: 3, backlog: 0 });
  });

  test('sixteen alerts are handled at once, unless it is said otherwise', async () => {
    const { manager } = configured();
    const { handler, told, releaseAll } = gate();
    manager.registerHandler(handler);
    await create(manager, Array<AlertSeverity>(20).fill(LOW));
    expect(told).toHaveLength(16);
    await releaseAll();
    expect(told).toHaveLength(20);
  });
});

describe('what is logged when nobody listens', () => {
  /** Everything that is written to the standard error stream meanwhile. */
  const written = async (act: () => Promise<unknown>): Promise<string> => {
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      await act();
      return spy.mock.calls.map(([text]) => String(text)).join('');
    } finally {
      spy.mockRestore();
    }
  };
  const unconfigured = (): AlertManager => {
    AlertManager.reset();
    return AlertManager.getInstance();
  };

  test('one line of JSON: who failed, at which alert, and how', async () => {
    const manager = unconfigured();
    manager.registerHandler(new Rejecter());
    let id = '';
    const line = await written(async () => {
      ({ id } = await manager.handleAuthFailure('u1', '192.0.2.1'));
      await manager.idle();
    });
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 'error',
      msg: 'alert handler failure',
      severity: 'HIGH',
      handler: 'Rejecter',
      alertId: id,
      type: 'AUTH_FAILURE',
      why: 'failed',
      error: 'RangeError',
    });
  });

  test('nothing of what the alert says, or the handler had in its error', async () => {
    const canaries = ['canary-user', '203.0.113.77', 'canary-message', 'canary-token', 'canary-body', 'canary-thrown'];
    const manager = unconfigured();
    // As an HTTP client throws it: the request, with its credentials and its body, in the error.
    const httpError = (alert: HandledAlert) =>
      Object.assign(new Error(`POST failed: ${alert.message} canary-token`), {
        config: { headers: { Authorization: 'Bearer canary-token' }, data: JSON.stringify(alert) },
        response: { data: 'canary-body' },
        toJSON: () => ({ message: 'canary-token', config: 'canary-body' }),
      });
    const throws = (make: (alert: HandledAlert) => unknown): AlertHandler => ({
      handleAlert: async (alert) => {
        throw make(alert);
      },
    });
    manager.registerHandler(throws(httpError));
    manager.registerHandler(throws(({ metadata }) => `canary-thrown ${JSON.stringify(metadata)}`));
    manager.registerHandler(throws((alert) => ({ name: 'canary-thrown', code: 'canary-thrown', alert })));
    manager.registerHandler(throws(() => undefined));
    const lines = await written(async () => {
      await manager.createAlert('AUTH_FAILURE', HIGH, 'canary-message', {
        userId: 'canary-user',
        ipAddress: '203.0.113.77',
      });
      await manager.idle();
    });
    expect(lines.trimEnd().split('\n')).toHaveLength(4);
    for (const canary of canaries) expect(lines).not.toContain(canary);
  });

  test('an error of ours is told with its code', async () => {
    const manager = unconfigured();
    manager.registerHandler({
      handleAlert: () => Promise.reject(new AlertError('DISK_FULL', 'there is no space left')),
    });
    const line = await written(async () => {
      await manager.handleSystemHealth('db', 'down');
      await manager.idle();
    });
    expect(JSON.parse(line)).toMatchObject({
      handler: 'handler',
      severity: 'CRITICAL',
      code: 'DISK_FULL',
      message: 'there is no space left',
    });
  });
});
