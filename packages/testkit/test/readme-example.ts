import type { AlertLog } from '@therapytrain/alerts-core';
import { draftOf, logContract, stamp, testPorts, waitFor } from '@therapytrain/alerts-testkit';

/** In a file of Jest: one test for each promise of an `AlertLog`, each on a log of its own. */
export const holdToContract = (name: string, open: () => Promise<AlertLog>): void =>
  logContract(
    name,
    async () => {
      const log = await open();
      return { log, ports: testPorts(), dispose: () => log.close() };
    },
    { durable: false },
  );

/** Half a minute that takes no time, and an alert that is kept at the end of it. */
export const reportLater = async (log: AlertLog): Promise<void> => {
  const ports = testPorts();
  const nap = ports.clock.sleep(30_000);
  await ports.clock.advance(30_000);
  await nap;
  await log.append([stamp(draftOf(0), ports)]);
  await waitFor(() => log.bounds().newest > 0);
};
