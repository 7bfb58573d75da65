import { describe, expect, it } from '@jest/globals';
import { messageOf, reportOf } from '../attacks/malformed.ts';
import { keptMessages } from '../corpus/findings.ts';
import { methodOf, methods, requests, samples } from '../corpus/samples.ts';

describe('the corpus', () => {
  it('has a sample for every RPC of the contract, and for no other', () => {
    expect(Object.keys(requests).toSorted()).toEqual(methods.map(({ path }) => methodOf(path)).toSorted());
    expect(samples()).toHaveLength(methods.length);
  });

  it('keeps messages of methods that there are, as bytes, each with a reason', () => {
    for (const { method, hex, why } of keptMessages()) {
      expect(Object.keys(requests)).toContain(method);
      expect(Buffer.from(hex, 'hex').toString('hex')).toBe(hex);
      expect(why).not.toBe('');
    }
  });
});

describe('mutations', () => {
  const all = samples();
  const many = (seed: number, count: number): readonly string[] =>
    Array.from({ length: count }, (_, number) => {
      const { path, bytes } = messageOf(seed, number, all, []);
      return `${path} ${bytes.toString('hex')}`;
    });

  it('are the same for the same seed, and others for another', () => {
    expect(many(1, 500)).toEqual(many(1, 500));
    expect(many(1, 500)).not.toEqual(many(2, 500));
  });

  it('go to every RPC, are rarely the same, and never very long', () => {
    const made = many(1, 5_000);
    expect(new Set(made.map((each) => each.split(' ')[0])).size).toBe(methods.length);
    // Two methods have no fields, and a byte that is taken away leaves nothing of them.
    expect(new Set(made).size).toBeGreaterThan(4_300);
    expect(Math.max(...made.map((each) => each.length)) / 2).toBeLessThan(71_000);
  });

  it('change their messages', () => {
    const originals = new Set(all.map(({ path, bytes }) => `${path} ${bytes.toString('hex')}`));
    const unchanged = many(1, 5_000).filter((each) => originals.has(each)).length;
    expect(unchanged).toBeLessThan(1_000);
  });

  it('of reports in streams are all of ReportAlert, of their own, and the same for the same seed', () => {
    const reports = (seed: number): readonly string[] =>
      Array.from({ length: 2_000 }, (_, number) => {
        const { path, bytes } = reportOf(seed, number, all);
        expect(methodOf(path)).toBe('ReportAlert');
        return bytes.toString('hex');
      });
    expect(reports(1)).toEqual(reports(1));
    expect(reports(1)).not.toEqual(reports(2));
    expect(new Set(reports(1)).size).toBeGreaterThan(1_800);
  });

  it('come after what is kept', () => {
    const first = [{ path: '/x/GetAlert', bytes: Buffer.from([1]), streams: false }];
    expect(messageOf(1, 0, all, first)).toBe(first[0]);
    expect(messageOf(1, 1, all, first).path).toMatch(/^\/therapytrain/);
  });
});
