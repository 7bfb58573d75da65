import { createIds, type Millis, type Ports, systemClock, systemRandom } from '@therapytrain/alerts-core';

/** The machine's ports, with a wall clock that is off by the span. */
export const skewedPorts = (ahead: Millis = 0): Ports => {
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  return { clock, random: systemRandom, ids: createIds(clock, systemRandom) };
};
