import { decodeAlert, type StampedAlert } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';

/** Keeps alerts, and gives the messages of all that are kept. */
export const keep = async (directory: string, alerts: readonly StampedAlert[]): Promise<readonly string[]> => {
  const log = await createSqliteLog({ directory });
  await log.append(alerts); // The power may fail from here on.
  const messages: string[] = [];
  for (let { oldest: cursor } = log.bounds(); ;) {
    const batch = await log.read(cursor, 256);
    if (batch.alerts.length === 0) break;
    messages.push(...batch.alerts.map(({ encoded }) => decodeAlert(encoded).message));
    cursor = batch.cursor;
  }
  await log.close();
  return messages;
};
