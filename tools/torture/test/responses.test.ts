import { describe, expect, it } from '@jest/globals';
import {
  type Asked,
  cap,
  judgeAsked,
  judgeLeftOpen,
  latest,
  leaseSpan,
  mostLate,
  protectedPrefix,
} from '../responses.ts';

const line = (at: number, what: Asked['what'], more: Partial<Asked> = {}): Asked => ({
  ...{ at, what, key: 'a/respond/0.1', id: 'a', fence: 1, target: '20.0.0.1', playbook: 'free', until: null },
  action: what === 'ended' ? 'revert' : 'respond',
  ...more,
});
const ended = (at: number): Asked => line(at, 'ended', { key: 'a/revert.1' });
const wrong = (asked: readonly Asked[], ...down: { from: number; to: number }[]) =>
  judgeAsked(asked, down).map((each) => each.wrong);

describe('what a target did', () => {
  it('is well where it is taken back in time', () => {
    expect(wrong([line(0, 'begun'), ended(leaseSpan + mostLate)])).toEqual([]);
  });

  it('is found where it is late, but for the time in which nobody could act', () => {
    const asked = [line(0, 'begun'), ended(leaseSpan + mostLate + 1_000)];
    expect(wrong(asked)).toEqual(['taken back late']);
    expect(latest(asked, [])).toBe(mostLate + 1_000);
    expect(wrong(asked, { from: leaseSpan - 1_000, to: leaseSpan + 1_000 })).toEqual([]);
    expect(wrong(asked, { from: 0, to: leaseSpan })).toEqual(['taken back late']);
  });

  it('is not late for what it takes on the way', () => {
    const away = { ...ended(leaseSpan + mostLate + 3_000), came: leaseSpan + mostLate };
    expect(wrong([line(0, 'begun'), away])).toEqual([]);
    expect(wrong([line(0, 'begun'), { ...away, came: leaseSpan + mostLate + 1 }])).toEqual(['taken back late']);
  });

  it('is found where it stays, also where it arrived after what takes it back', () => {
    expect(wrong([line(0, 'begun')])).toEqual(['effect stayed']);
    expect(wrong([line(0, 'begun'), ended(9), line(10, 'begun', { key: 'other' })])).toEqual(['effect stayed']);
  });

  it('is found where one key had two effects', () => {
    expect(wrong([line(0, 'begun'), line(1, 'begun'), ended(2)])).toEqual(['done twice']);
    expect(wrong([line(0, 'begun'), line(1, 'extended', { key: 'a/respond/1.2' }), ended(2)])).toEqual([]);
  });

  it('is found where it is against what is protected, or more than the budget', () => {
    expect(wrong([line(0, 'turned down', { target: `${protectedPrefix}0.1` })])).toEqual(['guardrail broken']);
    const capped = (count: number): Asked[] =>
      Array.from({ length: count }, (_, at) =>
        line(0, 'turned down', { id: `${at}`, playbook: 'capped', target: `20.0.1.${at}` }),
      );
    expect(wrong(capped(cap))).toEqual([]);
    expect(wrong(capped(cap + 1))).toEqual(['guardrail broken']);
  });
});

describe('what a kill left open', () => {
  const judge = (asked: readonly Asked[], again: boolean, action: Asked['action'] = 'respond') =>
    judgeLeftOpen([{ id: 'a', action, state: undefined }], asked, again).map((each) => each.wrong);
  const once = line(0, 'begun', { fence: 2 });
  const back = { ...ended(9), fence: 3 };

  it('is well where the target is asked again with a higher fence, or to take it back', () => {
    expect(judge([once, line(9, 'nothing', { fence: 3 })], true)).toEqual([]);
    expect(judge([once, back], true)).toEqual([]);
    expect(judge([back, { ...back, fence: 4, what: 'nothing' }], true, 'revert')).toEqual([]);
  });

  it('is found where nobody asks again, or not with a higher fence', () => {
    expect(judge([once], true)).toEqual(['accounts wrong']);
    expect(judge([once, line(9, 'nothing', { fence: 2 })], true)).toEqual(['accounts wrong']);
    expect(judge([once, line(9, 'nothing', { fence: 3, id: 'b' })], true)).toEqual(['accounts wrong']);
    expect(judge([back], false, 'revert')).toEqual(['accounts wrong']);
  });

  it('is found where what may not be asked again is', () => {
    expect(judge([once, back], false)).toEqual([]);
    expect(judge([once, line(5, 'nothing', { fence: 3 }), { ...back, fence: 4 }], false)).toEqual(['done twice']);
  });
});
