import { Command, Option } from 'commander';
import { type StreamedAlert, type StreamOptions } from '@therapytrain/alerts-client';
import { type Act } from '../act.ts';
import { countArgument, type Since, sinceArgument } from '../arguments.ts';
import { type CursorFile, openCursorFile } from '../cursor-file.ts';
import { ExitCode } from '../exit-code.ts';
import { defaultAddress } from '../global-options.ts';
import { alertJson, alertLine } from '../output/alerts.ts';
import { safeLine } from '../output/safe-text.ts';
import { shellWord } from '../output/shell.ts';
import { type Session } from '../session.ts';
import { createStateNotes } from '../state-notes.ts';

interface StreamCommandOptions {
  readonly filter?: string;
  readonly cursor?: string;
  readonly since?: Since;
  readonly fromStart?: boolean;
  readonly cursorFile?: string;
  readonly limit?: number;
  readonly wide?: boolean;
}

type Start = Pick<StreamOptions, 'cursor' | 'since' | 'fromStart'>;

const startOf = (options: StreamCommandOptions, now: number, file: CursorFile | undefined): Start => {
  const { since, fromStart } = options;
  const cursor = file?.cursor ?? options.cursor;
  if (cursor !== undefined) return { cursor };
  if (since) return { since: new Date('at' in since ? since.at : now - since.ago) };
  return { fromStart };
};

/** The command that goes on where this one ended. */
const resumeCommand = ({ global }: Session, { filter, cursorFile }: StreamCommandOptions, cursor: string): string => {
  const words = ['alertctl', 'stream'];
  if (global.address !== defaultAddress) words.push('--address', global.address);
  if (global.insecure) words.push('--insecure');
  if (global.tls) words.push('--tls');
  for (const [flag, file] of [
    ['--tls-ca', global.tlsCa],
    ['--tls-cert', global.tlsCert],
    ['--tls-key', global.tlsKey],
    ['--token-file', global.tokenFile],
  ] as const) {
    if (file !== undefined) words.push(flag, file);
  }
  if (global.json) words.push('--json');
  if (filter !== undefined) words.push('--filter', filter);
  words.push(...(cursorFile === undefined ? ['--cursor', cursor] : ['--cursor-file', cursorFile]));
  return words.map(shellWord).join(' ');
};

const show = async (session: Session, { alert, cursor }: StreamedAlert, wide: boolean | undefined): Promise<void> => {
  if (session.global.json) return session.printJson({ cursor, alert: alertJson(alert) });
  return session.print([alertLine(alert, session.paint, wide ? undefined : session.stdout.columns)]);
};

const stream = async (session: Session, options: StreamCommandOptions): Promise<ExitCode> => {
  const file = options.cursorFile === undefined ? undefined : await openCursorFile(options.cursorFile, session.clock);
  const start = startOf(options, session.clock.now(), file);
  // Streams wait for a gateway that is away; one that was never there is more likely a wrong address.
  await session.client.health();
  let last = start.cursor;
  let shown = 0;
  const { signal } = session;
  const onState = createStateNotes(session);
  try {
    for await (const each of session.client.alerts({ ...start, filter: options.filter, signal, onState })) {
      await show(session, each, options.wide);
      last = each.cursor;
      // Only now: what the file says was seen has been shown.
      file?.note(last);
      if (++shown === options.limit) break;
    }
  } finally {
    await file?.flush();
  }
  if (!signal.aborted) return ExitCode.OK;
  if (last !== undefined) await session.note(`Go on with: ${safeLine(resumeCommand(session, options, last))}`);
  return ExitCode.INTERRUPTED;
};

/** `alertctl stream`: alerts as they are kept. */
export const streamCommand = (act: Act): Command =>
  new Command('stream')
    .summary('show alerts as they are kept')
    .description(
      'Shows alerts as they are kept, one a line, in the order of the log and without a gap. Begins with what is new, ' +
        'unless told where. Waits for a gateway that goes away, and misses nothing. With --json one object a line: ' +
        '{ cursor, alert }.',
    )
    .option('--filter <expression>', 'CEL over one alert; all alerts if left out')
    .addOption(
      new Option('--cursor <cursor>', 'begin after this cursor of an earlier stream with the same filter').conflicts([
        'since',
        'fromStart',
      ]),
    )
    .addOption(
      new Option('--since <time>', 'begin with alerts kept so long ago (10m) or at a time (RFC 3339)')
        .argParser(sinceArgument)
        .conflicts(['cursor', 'fromStart']),
    )
    .addOption(new Option('--from-start', 'begin with the oldest alert that is kept').conflicts(['cursor', 'since']))
    .option('--cursor-file <file>', 'keep the last cursor in this file, and begin after it where the file exists')
    .option('--limit <number>', 'end after so many alerts', countArgument(1, Number.MAX_SAFE_INTEGER))
    .option('--wide', "do not cut lines to the terminal's width")
    .addHelpText(
      'after',
      `
Examples:
  alertctl stream
  alertctl stream --filter 'severity >= HIGH' --since 10m
  alertctl stream --from-start --cursor-file seen.cursor --json | ./forward   # goes on where it ended`,
    )
    .action(act(stream));
