import type { Clock, Millis } from '@therapytrain/alerts-core';

/** Sees a wall clock that goes back, by the clock that never jumps. */
export interface ClockJump {
  /** True before the first `settled`, and where the wall clock has gone back by more than the tolerance since. */
  isBack(): boolean;
  /** What had to be done about it is done. Where that fails it is not called, and is to be done again. */
  settled(): void;
  /** True until `settled` is called for the first time: what went before this process is not known. */
  isFirst(): boolean;
}

/** Makes what looks out for it. Less than the tolerance the two clocks drift apart by themselves, or do no harm. */
export const createClockJump = (clock: Pick<Clock, 'now' | 'monotonic'>, tolerance: Millis): ClockJump => {
  const distance = (): Millis => clock.now() - clock.monotonic();
  let furthest: Millis | undefined;
  let seen: Millis = distance();
  return {
    isFirst: () => furthest === undefined,
    isBack: () => {
      seen = distance();
      if (furthest === undefined || furthest - seen > tolerance) return true;
      furthest = Math.max(furthest, seen);
      return false;
    },
    settled: () => void (furthest = seen),
  };
};
