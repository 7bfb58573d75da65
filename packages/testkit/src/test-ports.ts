import { createIds, type Instant, type Ports } from '@therapytrain/alerts-core';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { seededRandom } from './seeded-random.ts';

/** Ports whose time stands still until the test moves it. */
export interface TestPorts extends Ports {
  readonly clock: FakeClock;
}

/** What test ports begin with. */
export interface TestPortsOptions {
  /** The wall time at first. Default: {@link epoch}. */
  readonly start?: Instant;
  /** The seed of all chance. Default: 1. */
  readonly seed?: number;
}

/** A fake clock, seeded chance, and ids made of both: the same test sees the same ids each time. */
export const testPorts = ({ start, seed = 1 }: TestPortsOptions = {}): TestPorts => {
  const clock = createFakeClock(start);
  const random = seededRandom(seed);
  return { clock, random, ids: createIds(clock, random) };
};
