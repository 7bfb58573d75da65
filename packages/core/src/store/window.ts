import type { Cursor } from '../log.ts';
import type { Instant } from '../ports.ts';

/** What names a {@link DetectionWindow}. */
export interface WindowKey {
  /** The policy's name of the detection. */
  readonly detection: string;
  /** A digest of what its alerts have in common: never a value. */
  readonly group: string;
}

/** What a detection remembers of the alerts of one group. */
export interface DetectionWindow extends WindowKey {
  /** JSON, and what it says is for the detection alone. Holds no value of an alert. */
  readonly state: string;
  /** Place in the log of the alert that changed it last. */
  readonly touched: Cursor;
  /** Nothing that may still come needs it after this time; see {@link WindowsLetGo}. */
  readonly expires: Instant;
}

/** Windows that are no longer kept. */
export interface WindowsLetGo {
  /** Those of every detection that expire before this. */
  readonly expiredBefore: Instant;
  /** Of these detections, so many of those that are left, beginning with the one that was touched longest ago. */
  readonly oldest: readonly { readonly detection: string; readonly count: number }[];
}

/** How many windows of a detection are kept. */
export interface WindowCount {
  readonly detection: string;
  readonly windows: number;
}
