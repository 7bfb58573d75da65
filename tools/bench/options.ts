import { Command, InvalidArgumentError } from 'commander';
import type { Extent } from './bench.ts';

/** The letters of the cells. */
export const cellLetters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'] as const;

/** A cell by its letter. */
export type CellLetter = (typeof cellLetters)[number];

/** What the bench is started with. */
export interface BenchOptions {
  readonly rounds: number;
  readonly cells: readonly CellLetter[];
  readonly json: string | undefined;
  readonly profile: string | undefined;
  /** True if the numbers are not worth a verdict. */
  readonly smoke: boolean;
  readonly extent: Extent;
}

interface Flags {
  readonly rounds?: number;
  readonly seconds?: number;
  readonly only?: readonly CellLetter[];
  readonly json?: string;
  readonly profile?: string;
  readonly quick?: boolean;
  readonly full?: boolean;
}

const whole = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number greater than 0.');
};

const isLetter = (text: string): text is CellLetter => (cellLetters as readonly string[]).includes(text);

const letters = (text: string): readonly CellLetter[] => {
  const asked = text.split(',').map((each) => each.trim());
  const known = asked.filter(isLetter);
  if (known.length === asked.length) return known;
  throw new InvalidArgumentError(`It must be some of ${cellLetters.join(',')}.`);
};

const usual = { rounds: 5, seconds: 5 } as const;
const short = { rounds: 1, seconds: 0.5 } as const;

const extentOf = ({ seconds, quick = false }: Flags): Extent => ({
  seconds: seconds ?? (quick ? short.seconds : usual.seconds),
  warmUp: quick ? 0.5 : 2,
  subscribers: quick ? [1, 100] : [1, 10, 100, 1_000],
  idleSubscribers: quick ? [1_000] : [1_000, 10_000],
  arrivals: quick ? [500] : [500, 2_000],
  kept: quick ? [0, 10_000] : [0, 100_000, 1_000_000],
  keptForMemory: quick ? 10_000 : 500_000,
  planned: quick ? 5_000 : 50_000,
  reportsToArrive: quick ? [100] : [100, 500],
  told: quick ? 500 : 5_000,
  decisions: quick ? [10_000] : [100_000, 1_000_000],
});

// Growth fills logs with a million alerts, so it is asked for.
const cellsOf = ({ only, full = false }: Flags): readonly CellLetter[] =>
  only ?? cellLetters.filter((letter) => full || letter !== 'g');

const explanation = `
Cells:
  a  ReportAlert, one alert a call, against a bare grpc-js echo, raw SQLite and Alertmanager
  b  ReportAlerts, 100 alerts a message, against a bare echo, raw SQLite and Alertmanager
  c  the client library, 256 concurrent reports, against a bare echo
  d  StreamAlerts to 1, 10, 100 and 1,000 subscribers, against a bare fan-out
  e  memory of 1,000 and 10,000 idle subscribers, against bare streams
  f  latency at a fixed rate of arrival
  g  growth: rates with 0, 100,000 and 1,000,000 alerts kept, memory with 500,000 (with --full or --only g)
  h  alerts planned a second: incidents of their own, and a storm of equal ones, against ReportAlerts
  i  from a report to its arrival at a local webhook, at a fixed rate, against Alertmanager
  j  notifications a second to a local webhook, against Alertmanager
  k  look-ups among 100,000 and 1,000,000 decisions, their memory, and how long a snapshot of them takes
  l  from a report to its address being blocked in another process, against CrowdSec and fail2ban

Needs h2load (Debian: nghttp2-client). Alertmanager (prometheus-alertmanager), CrowdSec
(crowdsec) and fail2ban are left out where they are not installed.
The bench is worth what the machine is quiet: it tells the load, compares only within a round, and gives medians.
`;

const createCommand = (): Command =>
  new Command('bench')
    .description('Measures the gateway beside bare grpc-js, raw SQLite and Alertmanager, in turn, on this machine.')
    .option('--rounds <n>', `how often each contender is measured (default: ${usual.rounds})`, whole)
    .option('--seconds <s>', `how long each time (default: ${usual.seconds})`, whole)
    .option('--only <cells>', 'only these cells, e.g. a,b', letters)
    .option('--json <file>', 'write everything that was measured to this file')
    .option('--profile <directory>', 'let the gateway write CPU profiles there, and tell where its time goes')
    .option('--quick', 'one short round of small cells, to see that it works; the numbers mean nothing')
    .option('--full', 'all cells, growth too')
    .addHelpText('after', explanation);

/** Reads the command line. Exits with a clear message where it is wrong. */
export const readOptions = (argv: readonly string[]): BenchOptions => {
  const flags = createCommand().parse(argv).opts<Flags>();
  return {
    rounds: flags.rounds ?? (flags.quick ? short.rounds : usual.rounds),
    cells: cellsOf(flags),
    json: flags.json,
    profile: flags.profile,
    smoke: flags.quick ?? false,
    extent: extentOf(flags),
  };
};
