import { waitFor } from '../wait-for.ts';
import type { ResponderSubject } from './subject.ts';

export { isOutcome } from '../channel-checks/trial.ts';

/** Waits until the world was asked so often. */
export const arrivedAt = async ({ world }: ResponderSubject, count: number): Promise<void> => {
  await waitFor(() => world.asked() >= count, { what: `${count} requests` });
};
