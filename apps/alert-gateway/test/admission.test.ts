import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertError, AlertSeverity, severities, severityName } from '@therapytrain/alerts-core';
import { seededRandom, waitFor } from '@therapytrain/alerts-testkit';
import {
  type Admission,
  admissionDefaults,
  type AdmissionOptions,
  createAdmission,
  type ShedReason,
} from '../src/admission.ts';

const { LOW, MEDIUM, HIGH, CRITICAL } = AlertSeverity;
const calm: AdmissionOptions = { ...admissionDefaults, slowLoop: 1e9, stuckLoop: 1e9, heapShare: 1e9 };

let admission: Admission | undefined;
afterEach(() => admission?.close());

const open = (options: Partial<AdmissionOptions>, seed = 1, lag = () => 0) => {
  const shed: AlertSeverity[] = [];
  const reasons = new Set<ShedReason>();
  const made = createAdmission(
    { ...calm, ...options },
    seededRandom(seed),
    (severity, count, reason) => {
      for (let at = 0; at < count; at++) shed.push(severity);
      reasons.add(reason);
    },
    lag,
  );
  admission = made;
  return { admission: made, shed, reasons };
};

const refusal = (act: () => unknown): AlertError | undefined => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof AlertError) return thrown;
    throw thrown;
  }
  return undefined;
};

const admits = ({ enter }: Admission, severity: AlertSeverity | undefined, bytes = 1): boolean => {
  const refused = refusal(() => enter(severity, bytes, 1)());
  if (refused) expect(refused.code).toBe('OVERLOADED');
  return refused === undefined;
};

const admitted = (at: Admission): string =>
  severities
    .filter((each) => admits(at, each))
    .map(severityName)
    .join();

describe('what is on its way', () => {
  test.each([
    [0, 'LOW,MEDIUM,HIGH,CRITICAL'],
    [49, 'LOW,MEDIUM,HIGH,CRITICAL'],
    [50, 'MEDIUM,HIGH,CRITICAL'],
    [64, 'MEDIUM,HIGH,CRITICAL'],
    [65, 'HIGH,CRITICAL'],
    [79, 'HIGH,CRITICAL'],
    [80, 'CRITICAL'],
    [99, 'CRITICAL'],
    [100, ''],
  ])('%d of 100 alerts lets pass: %s', (alerts, expected) => {
    const { admission: at, reasons } = open({ maxAlerts: 100 });
    at.enter(CRITICAL, 0, alerts);
    expect(admitted(at)).toBe(expected);
    expect([...reasons]).toEqual(alerts < 50 ? [] : ['queue']);
  });

  test.each([
    [499, 'LOW,MEDIUM,HIGH,CRITICAL'],
    [500, 'MEDIUM,HIGH,CRITICAL'],
    [650, 'HIGH,CRITICAL'],
    [800, 'CRITICAL'],
    [1000, ''],
  ])('%d of 1,000 bytes lets pass: %s', (bytes, expected) => {
    const { admission: at } = open({ maxBytes: 1000 });
    at.enter(CRITICAL, bytes, 1);
    expect(admitted(at)).toBe(expected);
  });

  test('a fifth of the bound is for CRITICAL alone, however much of the rest comes', () => {
    const { admission: at, shed } = open({ maxAlerts: 100 });
    const entered = { HIGH: 0, CRITICAL: 0 };
    for (let attempt = 0; attempt < 1_000; attempt++) if (!refusal(() => at.enter(HIGH, 1, 1))) entered.HIGH++;
    for (let attempt = 0; attempt < 1_000; attempt++) if (!refusal(() => at.enter(CRITICAL, 1, 1))) entered.CRITICAL++;
    expect(entered).toEqual({ HIGH: 80, CRITICAL: 20 });
    expect(shed.filter((each) => each === HIGH)).toHaveLength(920);
    expect(shed.filter((each) => each === CRITICAL)).toHaveLength(980);
  });

  test('what has ended makes room again', () => {
    const { admission: at } = open({ maxAlerts: 10 });
    const leave = Array.from({ length: 10 }, () => at.enter(CRITICAL, 7, 1));
    expect(at.state()).toMatchObject({ alerts: 10, bytes: 70 });
    expect(admits(at, CRITICAL)).toBe(false);
    for (const each of leave) each();
    expect(at.state()).toMatchObject({ alerts: 0, bytes: 0 });
    expect(admits(at, LOW)).toBe(true);
  });

  test.each([undefined, 0 as AlertSeverity, 99 as AlertSeverity])(
    'severity %p, which is none, counts as MEDIUM',
    (said) => {
      const { admission: at, shed } = open({ maxAlerts: 100 });
      const leave = at.enter(CRITICAL, 0, 64);
      expect(admits(at, said)).toBe(true);
      leave();
      at.enter(CRITICAL, 0, 65);
      expect(admits(at, said)).toBe(false);
      expect(shed).toEqual([MEDIUM]);
    },
  );
});

describe('a batch', () => {
  test('is judged alert by alert, and what one alert takes the next one finds taken', () => {
    const { admission: at, shed } = open({ maxAlerts: 10 });
    const gate = at.gate(100);
    const passed = [LOW, LOW, LOW, LOW, LOW, LOW, HIGH, HIGH, HIGH, HIGH, CRITICAL, CRITICAL, CRITICAL].map(
      (severity) => gate.refusal(severity) === undefined,
    );
    expect(passed).toEqual([true, true, true, true, true, false, true, true, true, false, true, true, false]);
    expect(shed).toEqual([LOW, HIGH, CRITICAL]);
    expect(at.state()).toMatchObject({ alerts: 10, bytes: 1_000 });
    gate.leave();
    expect(at.state()).toMatchObject({ alerts: 0, bytes: 0 });
  });

  test('of which nothing passed leaves nothing behind', () => {
    const { admission: at } = open({ maxAlerts: 0 });
    const gate = at.gate(100);
    expect(gate.refusal(CRITICAL)?.code).toBe('OVERLOADED');
    gate.leave();
    expect(at.state()).toMatchObject({ alerts: 0, bytes: 0 });
  });
});

test('who is sent away is told to come back in 250 to 2,000 ms, spread over all of it', () => {
  const { admission: at } = open({ maxAlerts: 0 }, 42);
  const waits = Array.from({ length: 1_000 }, () => refusal(() => at.enter(CRITICAL, 1, 1))?.retryAfter ?? 0);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(250);
  expect(Math.max(...waits)).toBeLessThan(2_000);
  const quarters = [0, 0, 0, 0];
  for (const wait of waits) quarters[Math.floor((wait - 250) / 437.5)]! += 1;
  for (const quarter of quarters) expect(quarter).toBeGreaterThan(150);
});

describe('an event loop that is late', () => {
  const spin = (millis: number): void => {
    const until = performance.now() + millis;
    while (performance.now() < until);
  };

  // A real loop on a machine that does other things too, hence the room between the numbers.
  test.each([
    ['sheds LOW first', { slowLoop: 200 }, 'MEDIUM,HIGH,CRITICAL'],
    ['sheds all but CRITICAL when it is stuck', { slowLoop: 200, stuckLoop: 250 }, 'CRITICAL'],
  ])(
    '%s',
    async (_name, bounds, expected) => {
      const { admission: at, reasons } = open(bounds);
      expect(admitted(at)).toBe('LOW,MEDIUM,HIGH,CRITICAL');
      const isLate = (): boolean => {
        spin(400);
        return at.state().loopDelay > 300;
      };
      await waitFor(isLate, { what: 'a late loop', deadline: 30_000 });
      expect(admitted(at)).toBe(expected);
      expect([...reasons]).toEqual(['event_loop']);
      await waitFor(() => admits(at, LOW), { what: 'a loop that is in time again', deadline: 30_000 });
    },
    60_000,
  );

  test('is not seen where there is none', async () => {
    const { admission: at } = open({ slowLoop: 1e9, stuckLoop: 1e9 });
    expect(at.state().loopDelay).toBe(0);
    expect(admitted(at)).toBe('LOW,MEDIUM,HIGH,CRITICAL');
  });
});

describe('a planner that lags', () => {
  test.each([
    [0, 'LOW,MEDIUM,HIGH,CRITICAL'],
    [99, 'LOW,MEDIUM,HIGH,CRITICAL'],
    [100, 'MEDIUM,HIGH,CRITICAL'],
    [149, 'MEDIUM,HIGH,CRITICAL'],
    [150, 'HIGH,CRITICAL'],
    [199, 'HIGH,CRITICAL'],
    [200, 'CRITICAL'],
    [1e12, 'CRITICAL'],
  ])('by %d alerts of 100 lets pass: %s', (behind, expected) => {
    const { admission: at, reasons } = open({ maxLag: 100 }, 1, () => behind);
    expect(admitted(at)).toBe(expected);
    expect([...reasons]).toEqual(behind < 100 ? [] : ['plan_lag']);
  });

  test('sheds of a batch what is least severe, and nothing any more when it has caught up', () => {
    let behind = 150;
    const { admission: at } = open({ maxLag: 100 }, 1, () => behind);
    const passes = (): boolean[] => {
      const gate = at.gate(1);
      const all = severities.map((each) => gate.refusal(each) === undefined);
      gate.leave();
      return all;
    };
    expect(passes()).toEqual([false, false, true, true]);
    behind = 0;
    expect(passes()).toEqual([true, true, true, true]);
  });
});

test('a heap that is nearly full sheds all but CRITICAL', async () => {
  const { admission: at, reasons } = open({ heapShare: 0 });
  expect(await waitFor(() => !admits(at, LOW) && admitted(at), { what: 'a look at the heap' })).toBe('CRITICAL');
  expect([...reasons]).toEqual(['heap']);
});
