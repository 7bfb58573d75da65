import type { Millis } from '@therapytrain/alerts-core';
import type { Policy, Route } from './policy.ts';

const ofRoute = ({ firstNotifyAfter, batchUpdatesEvery, routes }: Route): Millis =>
  Math.max(firstNotifyAfter, batchUpdatesEvery, ...routes.map(ofRoute));

/** The longest that a policy lets a delivery wait that was never tried: for company, for its turn, or for a digest. */
export const longestWait = ({ routes, channels }: Pick<Policy, 'routes' | 'channels'>): Millis =>
  Math.max(0, ...routes.map(ofRoute), ...[...channels.values()].map(({ limit }) => limit?.digestEvery ?? 0));
