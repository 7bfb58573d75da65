import { AlertError, type AlertLog, type KeptAlert } from '@therapytrain/alerts-core';

/** The alert at a place of the log; undefined where it was let go. */
export const keptAt = async (sequence: number, log: Pick<AlertLog, 'read'>): Promise<KeptAlert | undefined> => {
  try {
    const [kept] = (await log.read(sequence - 1, 1)).alerts;
    return kept?.sequence === sequence ? kept : undefined;
  } catch (error) {
    if (error instanceof AlertError && error.code === 'CURSOR_EXPIRED') return undefined;
    throw error;
  }
};
