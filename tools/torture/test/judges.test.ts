import { describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { ErrorInfo, RetryInfo, Status } from '@therapytrain/alerts-api';
import { refusalOf, surelyRefused, unreachable } from '../client.ts';
import { judgeDrain } from '../cycles/drain.ts';
import { judgeFailure } from '../cycles/fsync.ts';
import { judgeRefusals } from '../cycles/full.ts';
import { mountOptions } from '../filesystem.ts';
import { judgeInspection } from '../history.ts';
import { judgeSightings } from '../subscription.ts';

const wrongs = (violations: readonly { wrong: string }[]): string[] => violations.map(({ wrong }) => wrong);

describe('a gateway whose disk failed', () => {
  const exit = { code: 74, signal: null, stderr: 'the disk of the log failed', at: 0, wall: 1_000 };

  it.each([
    ['ends, and says why', exit, 900, 800, []],
    ['goes on', undefined, 900, 800, ['ended wrongly']],
    ['ends as if all were well', { ...exit, code: 0 }, 900, 800, ['ended wrongly']],
    ['is killed by a signal', { ...exit, code: null, signal: 'SIGABRT' as const }, 900, 800, ['ended wrongly']],
    ['says nothing', { ...exit, stderr: '' }, 900, 800, ['ended wrongly']],
    ['takes too long', { ...exit, wall: 12_000 }, 900, 800, ['ended wrongly']],
    ['acknowledges what came at the same time', exit, 900, 905, []],
    ['acknowledges what came later', exit, 900, 906, ['acked after the failure']],
  ])('%s', (_, how, failedAt, lastAck, expected) => {
    expect(wrongs(judgeFailure(how, failedAt, lastAck))).toEqual(expected);
  });
});

describe('a refusal on a full disk', () => {
  const refusal = { code: status.RESOURCE_EXHAUSTED, reason: 'DISK_FULL', retryAfter: 2_000 };

  it.each([
    ['says when to come back', refusal, []],
    ['may be UNAVAILABLE', { ...refusal, code: status.UNAVAILABLE, reason: 'STORE_UNAVAILABLE' }, []],
    ['says no time', { ...refusal, retryAfter: undefined }, ['refused badly']],
    ['says at once', { ...refusal, retryAfter: 0 }, ['refused badly']],
    ['says no reason', { ...refusal, reason: '' }, ['refused badly']],
    ['is a defect', { ...refusal, code: status.INTERNAL, reason: 'DEFECT' }, ['refused badly']],
  ])('%s', (_, one, expected) => {
    expect(wrongs(judgeRefusals([one]))).toEqual(expected);
  });

  it('is read from the rich status', () => {
    const details = [
      { typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: encode(ErrorInfo, { reason: 'DISK_FULL' }) },
      {
        typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
        value: encode(RetryInfo, { retryDelay: { seconds: 2n, nanos: 500_000_000 } }),
      },
    ];
    const read = refusalOf(Status.fromPartial({ code: status.RESOURCE_EXHAUSTED, details }));
    expect(read).toEqual({ code: status.RESOURCE_EXHAUSTED, reason: 'DISK_FULL', retryAfter: 2_500 });
    expect(surelyRefused(read)).toBe(true);
  });

  it('is unsure where the commit may have happened, and silent where nobody is there', () => {
    const unsure = { code: status.UNAVAILABLE, reason: 'STORE_UNAVAILABLE', retryAfter: 2_000 };
    expect([surelyRefused(unsure), unreachable(unsure)]).toEqual([false, false]);
    expect(unreachable({ code: status.UNAVAILABLE, reason: '', retryAfter: undefined })).toBe(true);
  });
});

const encode = <T>(
  { encode: write, fromPartial }: { encode(message: T): { finish(): Uint8Array }; fromPartial(part: never): T },
  part: unknown,
): Buffer => Buffer.from(write(fromPartial(part as never)).finish());

describe('a drain', () => {
  it.each([
    ['is in order', { code: 0, signal: null }, 900, ['a', 'b'], []],
    ['ends with another code', { code: 1, signal: null }, 900, ['a', 'b'], ['ended wrongly']],
    ['is a crash', { code: null, signal: 'SIGSEGV' as const }, 900, ['a', 'b'], ['ended wrongly']],
    ['takes too long', { code: 0, signal: null }, 20_001, ['a', 'b'], ['ended wrongly']],
    ['forgets one', { code: 0, signal: null }, 900, ['a', undefined], ['no farewell']],
  ])('%s', (_, exit, took, farewells, expected) => {
    expect(wrongs(judgeDrain(exit, took, farewells))).toEqual(expected);
  });
});

describe('what a subscriber saw', () => {
  const log = [1, 2, 3, 5].map((sequence) => ({ sequence, id: `id-${sequence}` }));
  const [one, two, three, five] = log as [(typeof log)[0], (typeof log)[0], (typeof log)[0], (typeof log)[0]];

  it.each([
    ['is the log', log, []],
    ['ends early', [one, two, three], ['stream gap']],
    ['begins late', [two, three, five], ['stream gap']],
    ['has a hole', [one, three, five], ['stream gap']],
    ['is out of order', [one, three, two, five], ['stream out of order']],
    ['has a double', [one, two, two, three, five], ['stream out of order']],
    ['has what the filter holds back', [one, two, three, { sequence: 4, id: 'id-4' }, five], ['invented']],
    ['has another id', [one, two, three, { sequence: 5, id: 'other' }], ['invented']],
  ])('%s', (_, seen, expected) => {
    expect(wrongs(judgeSightings('it', seen, log))).toEqual(expected);
  });
});

describe('a database', () => {
  const good = { integrity: ['ok'], alerts: 5, reports: 5 };

  it.each([
    ['is whole', good, 5, []],
    ['has an audit that is not genuine', { ...good, audit: 'entry 3 is not' }, 5, ['corrupt']],
    ['is corrupt', { ...good, integrity: ['row 3 missing from index'] }, 5, ['corrupt']],
    ['has lost a request id', { ...good, reports: 4 }, 5, ['corrupt']],
    ['holds more than was streamed', good, 4, ['not streamed']],
  ])('%s', (_, inspection, stored, expected) => {
    expect(wrongs(judgeInspection(inspection, { stored }))).toEqual(expected);
  });
});

describe('the mounts of a machine', () => {
  const mounts = `/dev/vda / ext4 rw,relatime 0 0
/dev/loop0 /t/mount ext4 rw,relatime 0 0
/dev/loop1 /t/other ext4 rw,relatime,shutdown 0 0
`;

  it.each([
    ['/t/mount', ['rw', 'relatime']],
    ['/t/other', ['rw', 'relatime', 'shutdown']],
    ['/t', undefined],
  ])('of %s', (path, options) => {
    expect(mountOptions(mounts, path)).toEqual(options);
  });
});
