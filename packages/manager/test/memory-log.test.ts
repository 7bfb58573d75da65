import { describe, expect, test } from '@jest/globals';
import { decodeAlert } from '@therapytrain/alerts-core';
import { createMemoryLog } from '@therapytrain/alerts-manager';
import { draftOf, requestIdOf, stamp, testPorts } from '@therapytrain/alerts-testkit';

const alerts = (count: number, ports = testPorts()) =>
  Array.from({ length: count }, (_, at) => stamp(draftOf(at), ports));

describe('capacity', () => {
  test('beyond it the oldest go, and a reader that comes too late is told', async () => {
    const log = createMemoryLog({ capacity: 3 });
    await log.append(alerts(5));
    expect(log.bounds()).toMatchObject({ oldest: 2, newest: 5 });
    expect((await log.read(2, 10)).alerts.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    await expect(log.read(1, 10)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    await expect(log.read(0, 10)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  test('it counts alerts, however they come; what they take is counted too', async () => {
    const [one, all] = [createMemoryLog({ capacity: 10 }), createMemoryLog({ capacity: 10 })];
    const said = alerts(25);
    for (const each of said) await one.append([each]);
    await all.append(said);
    expect(one.bounds()).toEqual(all.bounds());
    expect(one.bounds().bytes).toBe(
      (await all.read(15, 10)).alerts.reduce((sum, { encoded }) => sum + encoded.length, 0),
    );
  });

  test('followers are told of alerts that are let go in the same moment', async () => {
    const log = createMemoryLog({ capacity: 2 });
    const told: number[] = [];
    log.follow((kept) => told.push(...kept.map(({ sequence }) => sequence)));
    await log.append(alerts(5));
    expect(told).toEqual([1, 2, 3, 4, 5]);
  });
});

test('the same report has the same answer for ever, also when its alert has gone', async () => {
  const ports = testPorts();
  const log = createMemoryLog({ capacity: 1 });
  const said = { ...draftOf(1), requestId: requestIdOf(1) };
  const first = stamp(said, ports);
  await log.append([first]);
  await log.append(alerts(3, ports));
  const [again, other] = await log.append([stamp(said, ports), stamp({ ...said, message: 'another' }, ports)]);
  expect(again).toEqual({ alertId: first.alert.id, sequence: 1, duplicate: true });
  expect(other).toMatchObject({ code: 'REQUEST_ID_REUSED' });
});

test('letting 20,000 alerts go by size takes no time that a caller would notice', async () => {
  const log = createMemoryLog({ capacity: 20_000 });
  await log.append(alerts(20_000));
  const from = performance.now();
  await log.retain({ maxBytes: 1 });
  expect(performance.now() - from).toBeLessThan(1_000);
  expect(log.bounds()).toMatchObject({ oldest: 20_000, newest: 20_000, bytes: 0 });
});

test('what is kept is what was appended, with its sequence', async () => {
  const log = createMemoryLog();
  const [said] = alerts(1);
  if (!said) throw new Error('there is one');
  const [receipt] = await log.append([said]);
  expect(receipt).toEqual({ alertId: said.alert.id, sequence: 1, duplicate: false });
  const {
    alerts: [kept],
  } = await log.read(0, 1);
  expect(kept && decodeAlert(kept.encoded)).toEqual({ ...said.alert, sequence: 1 });
});
