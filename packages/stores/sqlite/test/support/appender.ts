// A process that reports as fast as it can and writes down what was acknowledged, for the fault tests to kill.
//
//   node appender.ts DIRECTORY FIRST SIZE CALLERS
//
// Each caller appends SIZE of the drafts FIRST, FIRST + 1, … a call, one call after the other. It prints a line for
// each alert once it is acknowledged, with draft, sequence and id, and the code of what is refused.
import { AlertError, systemPorts } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { draftOf, stamp } from '@therapytrain/alerts-testkit';

const [directory = '', first = '0', size = '1', callers = '1'] = process.argv.slice(2);

// Writing to a pipe is synchronous where these tests run: what is acknowledged is printed before anything else happens.
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const codeOf = (error: unknown): string => (error instanceof AlertError ? error.code : String(error));

const log = await createSqliteLog({ directory }).catch((error: unknown) => {
  print(`refused ${codeOf(error)}`);
  process.exit(1);
});
const ports = systemPorts(log.bounds().newestId);
let next = Number(first);

const append = async (): Promise<void> => {
  const from = next;
  next += Number(size);
  const alerts = Array.from({ length: Number(size) }, (_, at) => stamp(draftOf(from + at), ports));
  const results = await log.append(alerts);
  for (const [at, result] of results.entries()) {
    if (result instanceof AlertError) print(`refused ${result.code}`);
    else print(`acknowledged case-${from + at} ${result.sequence} ${result.alertId}`);
  }
};

const keepOn = async (): Promise<void> => {
  for (;;) {
    await append().catch((error: unknown) => print(`refused ${codeOf(error)}`));
  }
};

print('opened');
for (let caller = 0; caller < Number(callers); caller++) void keepOn();
