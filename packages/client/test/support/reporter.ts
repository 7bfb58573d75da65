// A process that reports: `reporter.ts <address> <spool directory> <first> <count>`. It prints a line for each report
// that has resolved, so that whoever kills it knows what it was promised.
import { draftOf } from '@therapytrain/alerts-testkit';
import { createAlertClient } from '../../src/index.ts';

const [address = '', directory = '', first = '0', count = '0'] = process.argv.slice(2);
const client = createAlertClient({
  address,
  source: 'reporter',
  deadline: 1_000,
  retry: { attempts: 2, initialDelay: 5, maxDelay: 50 },
  ...(directory === '' ? {} : { spool: { directory } }),
});
const callers = 16;
let next = Number(first);
const end = next + Number(count);

const report = async (): Promise<void> => {
  while (next < end) {
    const n = next++;
    try {
      const result = await client.report(draftOf(n));
      process.stdout.write(`${n} ${'spooled' in result ? 'spooled' : 'kept'}\n`);
    } catch (error) {
      process.stdout.write(`${n} refused ${String(error)}\n`);
    }
  }
};

process.stdout.write('ready\n');
await Promise.all(Array.from({ length: callers }, report));
process.stdout.write('done\n');
