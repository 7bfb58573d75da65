import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Millis } from '@therapytrain/alerts-core';
import { killAll } from './support/processes.ts';
import { type AddressStory, realRun } from './support/real-run.ts';

/*
 * The real run with a log of your own, by hand, from the root of the workspace:
 * node --disable-warning=ExperimentalWarning --conditions=@therapytrain/source apps/alertctl/test/real-run.ts LOG
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    failures: { type: 'string', default: '5' },
    lease: { type: 'string', default: '20' },
    rate: { type: 'string' },
    rest: { type: 'string', default: '1' },
  },
});

const shown = (value: Millis | undefined, digits = 0): string => value?.toFixed(digits) ?? '-';
const say = (cells: readonly string[]): void =>
  void process.stdout.write(`${cells.map((cell, at) => (at === 0 ? cell.padEnd(17) : cell.padStart(14))).join('')}\n`);

const middle = (numbers: readonly number[]): string => {
  const sorted = numbers.toSorted((one, other) => one - other);
  return `median ${shown(sorted[sorted.length >> 1])}, from ${shown(sorted[0])} to ${shown(sorted.at(-1))}`;
};

const sum = (stories: readonly AddressStory[], of: keyof AddressStory, unit: string, by = 1): string =>
  `${middle(stories.flatMap((each) => (typeof each[of] === 'number' ? each[of] / by : [])))} ${unit}`;

const [file = ''] = positionals;
const directory = await mkdtemp(join(tmpdir(), 'real-run-'));
try {
  const { stories, imported, importTook, states } = await realRun({
    ...{ directory, log: await readFile(file, 'utf8'), rest: Number(values.rest) },
    ...(values.rate !== undefined && { rate: Number(values.rate) }),
    ...{ failures: Number(values.failures), leaseSeconds: Number(values.lease) },
  });
  const refused = stories.filter(({ afterAttack }) => afterAttack !== undefined);
  process.stdout.write(`${imported}(${importTook} ms, with the start of the process)\n\n`);
  say(['address', 'failures', 'to attack', 'refused after', 'of the first', 'known within', 'in again', 'requests']);
  say(['', '', 's of the log', 'ms', 'ms', 'ms', 'ms after lease', '']);
  for (const each of stories) {
    const { address, failures, untilAttack, afterAttack, afterFirst, within, afterLease, requests } = each;
    const seconds = untilAttack === undefined ? undefined : untilAttack / 1_000;
    const times = [afterAttack, afterFirst, within, afterLease].map((span) => shown(span));
    say([address, String(failures), shown(seconds), ...times, String(requests)]);
  }
  process.stdout.write(`
${stories.length} addresses, ${refused.length} refused; responses: ${states.length}, ${new Set(states).values().toArray().join(', ')}
first failure to attack, in the time of the log: ${sum(refused, 'untilAttack', 's', 1_000)}
report of the failure that made it an attack to the first refusal: ${sum(refused, 'afterAttack', 'ms')}
report of the first failure to the first refusal: ${sum(refused, 'afterFirst', 'ms')}
known within: ${sum(refused, 'within', 'ms')}
end of the lease to being served again: ${sum(refused, 'afterLease', 'ms')}
`);
} finally {
  killAll();
  await rm(directory, { recursive: true, force: true });
}
