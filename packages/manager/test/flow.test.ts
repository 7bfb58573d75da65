import { describe, expect, test } from '@jest/globals';
import { type AlertDraft, AlertError, type AlertLog, createAlertTypes, decodeAlert } from '@therapytrain/alerts-core';
import { createFlow, createMemoryLog } from '@therapytrain/alerts-manager';
import { draftOf, requestIdOf, testPorts } from '@therapytrain/alerts-testkit';

/** A flow on a log in memory, and how many alerts each commit held. */
const started = (log: AlertLog = createMemoryLog()) => {
  const commits: number[] = [];
  const counting: AlertLog = {
    ...log,
    append: (alerts) => {
      commits.push(alerts.length);
      return log.append(alerts);
    },
  };
  const flow = createFlow({ log: counting, types: () => createAlertTypes(), ports: testPorts() });
  const kept = async () => (await log.read(0, 1_000)).alerts.map(({ encoded }) => decodeAlert(encoded));
  return { flow, log, commits, kept };
};
const bad = { type: 'lower case', message: '' };

describe('report', () => {
  test('keeps one alert and gives its receipt', async () => {
    const { flow, kept } = started();
    const receipt = await flow.report(draftOf(1), 'login');
    const [alert] = await kept();
    expect(receipt).toEqual({ alertId: alert?.id, sequence: 1, duplicate: false });
    expect(alert).toMatchObject({ message: draftOf(1).message, source: 'login', sequence: 1 });
  });

  test('the same request gets the same answer; with another content it is refused', async () => {
    const { flow, kept } = started();
    const said = { ...draftOf(1), requestId: requestIdOf(1) };
    const first = await flow.report(said, 'login');
    expect(await flow.report(said, 'login')).toEqual({ ...first, duplicate: true });
    await expect(flow.report({ ...said, message: 'another' }, 'login')).rejects.toMatchObject({
      code: 'REQUEST_ID_REUSED',
    });
    expect(await flow.report(said, 'other')).toMatchObject({ duplicate: false });
    expect(await kept()).toHaveLength(2);
  });

  test('the same request with a time that was that of its first receipt', async () => {
    const ports = testPorts();
    const flow = createFlow({ log: createMemoryLog(), types: () => createAlertTypes(), ports });
    const said = { ...draftOf(1), requestId: requestIdOf(1), occurredAt: ports.clock.now() };
    await flow.report(said, 'login');
    await ports.clock.advance(5_000);
    expect(await flow.report(said, 'login')).toMatchObject({ duplicate: true });
  });

  test('what breaks a rule never reaches the log', async () => {
    const { flow, commits } = started();
    await expect(flow.report(bad, 'login')).rejects.toMatchObject({ code: 'FIELD_INVALID' });
    expect(commits).toEqual([]);
  });
});

describe('reportAll', () => {
  test('one commit for all, one result for each, in their order', async () => {
    const { flow, commits, kept } = started();
    const results = await flow.reportAll(
      Array.from({ length: 256 }, (_, at) => draftOf(at)),
      'login',
    );
    expect(commits).toEqual([256]);
    expect(results.map((each) => !(each instanceof AlertError) && each.sequence)).toEqual(
      Array.from({ length: 256 }, (_, at) => at + 1),
    );
    expect((await kept()).map(({ message }) => message)).toEqual(
      Array.from({ length: 256 }, (_, at) => draftOf(at).message),
    );
  });

  test('one that is refused does not touch its neighbours, wherever it stands', async () => {
    for (const place of [0, 1, 2]) {
      const { flow, commits, kept } = started();
      const drafts: AlertDraft[] = [draftOf(1), draftOf(2)];
      drafts.splice(place, 0, bad);
      const results = await flow.reportAll(drafts, 'login');
      expect(results.map((each) => (each instanceof AlertError ? each.code : each.sequence))).toEqual(
        [1, 2].toSpliced(place, 0, 0).map((sequence) => sequence || 'FIELD_INVALID'),
      );
      expect(commits).toEqual([2]);
      expect((await kept()).map(({ message }) => message)).toEqual([draftOf(1).message, draftOf(2).message]);
    }
  });

  test('what was refused before, by the decoder, keeps its place and its reason', async () => {
    const { flow } = started();
    const malformed = new AlertError('MESSAGE_MALFORMED', 'x');
    const results = await flow.reportAll([malformed, draftOf(1), malformed, bad], 'login');
    expect(results[0]).toBe(malformed);
    expect(results[1]).toMatchObject({ sequence: 1 });
    expect(results[2]).toBe(malformed);
    expect(results[3]).toMatchObject({ code: 'FIELD_INVALID' });
  });

  test('all refused, or none given', async () => {
    const { flow, kept } = started();
    expect(await flow.reportAll([bad, bad], 'login')).toHaveLength(2);
    expect(await flow.reportAll([], 'login')).toEqual([]);
    expect(await kept()).toEqual([]);
  });

  test('the same request twice in one batch is kept once', async () => {
    const { flow, kept } = started();
    const said = { ...draftOf(1), requestId: requestIdOf(1) };
    const [first, second] = await flow.reportAll([said, said], 'login');
    expect(first).toMatchObject({ sequence: 1, duplicate: false });
    expect(second).toEqual({ ...first, duplicate: true });
    expect(await kept()).toHaveLength(1);
  });

  test('when the log keeps nothing, nobody is told that something was kept', async () => {
    const { flow, log } = started();
    await log.close();
    await expect(flow.reportAll([draftOf(1), bad], 'login')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(flow.report(draftOf(1), 'login')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('a log that answers for too few is a defect, and not an acknowledgement', async () => {
    const silent: AlertLog = { ...createMemoryLog(), append: async () => [] };
    const { flow } = started(silent);
    expect(await flow.reportAll([draftOf(1)], 'login')).toMatchObject([{ code: 'DEFECT' }]);
    await expect(flow.report(draftOf(1), 'login')).rejects.toMatchObject({ code: 'DEFECT' });
  });

  test('what is thrown that is no AlertError rejects, and is not thrown at the caller', async () => {
    const { flow } = started();
    const trap: AlertDraft = Object.defineProperty({ type: 'A', message: 'm' }, 'metadata', {
      enumerable: true,
      get: () => {
        throw new RangeError('a defect');
      },
    });
    const result = flow.reportAll([trap], 'login');
    await expect(result).rejects.toThrow(RangeError);
  });
});

test('the types in force when the report comes are the ones that count', async () => {
  let severity: 1 | 4 = 1;
  const types = () => createAlertTypes({ DOOR: { title: 'Door', defaultSeverity: severity, metadata: {} } });
  const log = createMemoryLog();
  const flow = createFlow({ log, types, ports: testPorts() });
  await flow.report({ type: 'DOOR', message: 'm' }, 'gate');
  severity = 4;
  await flow.report({ type: 'DOOR', message: 'm' }, 'gate');
  expect((await log.read(0, 2)).alerts.map(({ encoded }) => decodeAlert(encoded).severity)).toEqual([1, 4]);
});
