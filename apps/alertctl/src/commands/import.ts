import { Command, Option } from 'commander';
import { type AlertDraft, type AlertSeverity, type Millis, type Receipt } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { countArgument, durationArgument, severityArgument, severityNames } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { type FormatName, formatNames } from '../import/format.ts';
import { createFormat } from '../import/formats.ts';
import { createPatientReport } from '../import/patience.ts';
import { createRequestIds } from '../import/request-id.ts';
import { createCounts, type ImportCounts, runImport } from '../import/run.ts';
import { type ImportSource, findSource } from '../import/source.ts';
import { type ImportResult, summaryJson, summaryLines } from '../import/summary.ts';
import { type Progress, startProgress } from '../output/progress.ts';
import { safeLine } from '../output/safe-text.ts';
import { type Session } from '../session.ts';

interface ImportOptions {
  readonly format: FormatName;
  readonly year?: number;
  readonly utc?: boolean;
  readonly includeAccepted?: boolean;
  readonly defaultSeverity?: AlertSeverity;
  readonly dryRun?: boolean;
  readonly rate?: number;
  readonly wait: Millis;
  readonly showBad: number;
}

const reportsInFlight = 1000;

const patientReport = ({ client, clock, signal }: Session, { wait }: ImportOptions, progress: Progress) =>
  createPatientReport({
    client,
    clock,
    wait,
    signal,
    onWaiting: ({ code }) =>
      progress.log(`alertctl: the gateway takes no reports now (${code}); waiting up to ${wait / 1000} s`),
    onBack: () => progress.log('alertctl: the gateway takes reports again; going on'),
  });

/** Remembers the first bad lines, and tells them as they are found. */
const createBadLines = (session: Session, most: number, progress: Progress) => {
  const found: { readonly line: number; readonly reason: string }[] = [];
  const add = (line: number, reason: string): void => {
    if (found.length === most) return;
    found.push({ line, reason });
    if (session.global.json) return;
    progress.log(safeLine(`line ${line} ${reason}`));
    if (found.length === most) progress.log('alertctl: further bad lines are counted only (see --show-bad)');
  };
  return { found, add };
};

const conclude = async (session: Session, result: ImportResult): Promise<ExitCode> => {
  if (session.global.json) await session.printJson(summaryJson(result));
  else await session.print(summaryLines(result, session.paint));
  if (!result.complete) {
    await session.note(
      'alertctl: run the same import again to go on; what is kept already is not kept twice',
      'yellow',
    );
  }
  if (session.signal.aborted) return ExitCode.INTERRUPTED;
  return result.counts.bad + result.counts.refused > 0 ? ExitCode.REFUSED : ExitCode.OK;
};

type Report = (draft: AlertDraft) => Promise<Receipt>;

const parts = (session: Session, options: ImportOptions, source: ImportSource, report: Report | undefined) => ({
  open: source.lines,
  format: createFormat(options.format, { ...options, now: session.clock.now() }),
  requestIds: createRequestIds(options.format),
  report,
  clock: session.clock,
  rate: options.rate,
  inFlight: reportsInFlight,
  signal: session.signal,
});

const importFile = async (session: Session, path: string, options: ImportOptions): Promise<ExitCode> => {
  const { clock, signal, stderr } = session;
  const dryRun = options.dryRun ?? false;
  const source = await findSource(path, () => session.stdin);
  // An import waits for a gateway that goes away; one that was never there is more likely a wrong address.
  if (!dryRun) await session.client.health();
  const counts: ImportCounts = createCounts();
  const begun = clock.monotonic();
  const progress = startProgress(stderr, clock, counts, source.size);
  const badLines = createBadLines(session, options.showBad, progress);
  const report = dryRun ? undefined : patientReport(session, options, progress);
  const result = (complete: boolean): ImportResult => ({
    counts,
    elapsed: clock.monotonic() - begun,
    dryRun,
    complete: complete && !signal.aborted,
    badLines: badLines.found,
  });
  try {
    await runImport({ ...parts(session, options, source, report), onBad: badLines.add }, counts);
  } catch (error) {
    progress.stop();
    await conclude(session, result(false));
    throw error;
  }
  progress.stop();
  return conclude(session, result(true));
};

/** `alertctl import`: reports the events of a file. */
export const importCommand = (act: Act): Command =>
  new Command('import')
    .summary('report the events of a file')
    .description(
      'Reports the events of a file, one a line, of any size. Request ids are made of the lines, so importing the same ' +
        'file again, or a longer version of it, keeps nothing twice. A bad line is told with its number and does not ' +
        'stop the rest. If the gateway goes away in the middle, the import waits for it.',
    )
    .argument('<file>', 'the file; - for the standard input')
    .addOption(new Option('--format <format>', 'what the lines are').choices(formatNames).makeOptionMandatory())
    .option('--dry-run', 'report nothing, only count')
    .option('--rate <number>', 'report at most so many alerts a second', countArgument(1, 1_000_000))
    .addOption(
      new Option('--wait <span>', 'how long to wait for a gateway that goes away')
        .argParser(durationArgument)
        .default(300_000, '5m'),
    )
    .option('--show-bad <number>', 'tell so many bad lines one by one', countArgument(0, 1_000_000), 100)
    .addOption(
      new Option('--default-severity <severity>', 'for alerts that say none')
        .choices(severityNames)
        .argParser(severityArgument),
    )
    .option('--year <year>', 'sshd: the year of the first line, where times have none', countArgument(1970, 9999))
    .option('--utc', 'sshd: times without a zone are UTC and not local')
    .option('--include-accepted', 'sshd: logins that succeeded too, as UNUSUAL_ACCESS of severity LOW')
    .addHelpText('after', details)
    .action(act(importFile));

const details = `
Formats:
  jsonl        one alert a line in the wire's JSON names: type, severity, message, metadata, occurredAt, dedupKey,
               requestId
  cloudevents  one CloudEvent 1.0 a line (structured mode); data.message, data.severity and data.metadata are used,
               and the type com.example.auth.failed becomes COM_EXAMPLE_AUTH_FAILED
  sshd         the log of an OpenSSH server, as syslog or journalctl writes it. Times without a year get the last year
               in which they were not in the future: give --year for an old log, and always the same.

Examples:
  alertctl import /var/log/auth.log --format sshd --dry-run
  journalctl -u ssh -o short-iso --since today | alertctl import - --format sshd
  zcat events.jsonl.gz | alertctl import - --format jsonl --rate 500`;
