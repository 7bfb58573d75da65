import { describe, expect, test } from '@jest/globals';
import { parseH2load } from './h2load.ts';

const report = `starting benchmark...
spawning thread #0: 16 total client(s). Timing-based test with 0s of warm-up time and 5s of main duration for measurements.
Warm-up started for thread #0.
progress: 10% of clients started
Application protocol: h2c

finished in 5.00s, 13612.80 req/s, 1.31MB/s
requests: 68064 total, 68320 started, 68064 done, 68060 succeeded, 4 failed, 3 errored, 0 timeout
status codes: 68061 2xx, 0 3xx, 0 4xx, 1 5xx
traffic: 6.54MB (6854312) total, 1.30MB (1361280) headers (space savings 93.55%), 3.18MB (3335136) data
                     min         max         mean         sd        +/- sd
time for request:     1.98ms     74.55ms     18.77ms      5.32ms    79.90%
`;

describe('the report of h2load', () => {
  test('gives what was answered, and in which time', () => {
    expect(parseH2load(report)).toEqual({ seconds: 5, succeeded: 68_060, failed: 7 });
  });

  test.each([
    ['912.40ms', 0.9124],
    ['450us', 0.00045],
    ['2.00m', 120],
  ])('reads the time %s', (text, seconds) => {
    expect(parseH2load(report.replace('5.00s', text)).seconds).toBeCloseTo(seconds, 9);
  });

  test.each(['', 'Could not resolve address', report.replace('succeeded', 'fine')])('refuses anything else', (text) => {
    expect(() => parseH2load(text)).toThrow('something else than a report');
  });
});
