import { createMemoryLog } from '@therapytrain/alerts-manager';
import { logContract, testPorts } from '@therapytrain/alerts-testkit';

logContract(
  'the log in memory',
  async () => {
    const log = createMemoryLog();
    return { log, ports: testPorts(), dispose: () => log.close() };
  },
  { durable: false },
);
