import { Command } from 'commander';
import { type Alert } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { alertJson, alertTable } from '../output/alerts.ts';
import { type Session } from '../session.ts';

interface ListOptions {
  readonly filter?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly wide?: boolean;
}

const largestPage = 1000;

/** Kept alerts, newest first, up to so many; as they come, or for a table in large pieces. None is empty. */
async function* pieces(session: Session, { filter, all, limit }: ListOptions): AsyncGenerator<Alert[]> {
  const enough = session.global.json ? 1 : largestPage;
  let left = all ? Number.POSITIVE_INFINITY : limit;
  let piece: Alert[] = [];
  let pageToken: string | undefined;
  do {
    const page = await session.client.list({ filter, pageSize: Math.min(left, largestPage), pageToken });
    piece.push(...page.alerts);
    left -= page.alerts.length;
    pageToken = page.nextPageToken;
    const last = left === 0 || pageToken === '' || session.signal.aborted;
    if (piece.length >= (last ? 1 : enough)) {
      yield piece;
      piece = [];
    }
    if (last) return;
  } while (true);
}

const print = async (session: Session, alerts: readonly Alert[], wide: boolean, first: boolean): Promise<void> => {
  if (session.global.json) {
    for (const alert of alerts) await session.printJson(alertJson(alert));
    return;
  }
  const lines = alertTable(alerts, session.clock.now(), session.paint, wide ? undefined : session.stdout.columns);
  await session.print(first ? lines : lines.slice(1));
};

const list = async (session: Session, options: ListOptions): Promise<ExitCode> => {
  let shown = 0;
  for await (const alerts of pieces(session, options)) {
    await print(session, alerts, options.wide ?? false, shown === 0);
    shown += alerts.length;
  }
  if (shown === 0 && !session.global.json) await session.note('No alerts found.');
  return session.signal.aborted ? ExitCode.INTERRUPTED : ExitCode.OK;
};

/** `alertctl list`: what is kept, newest first. */
export const listCommand = (act: Act): Command =>
  new Command('list')
    .summary('list kept alerts, newest first')
    .description('Lists kept alerts, newest first. With --json one alert a line.')
    .option('--filter <expression>', 'CEL over one alert; all alerts if left out')
    .option('--limit <number>', 'how many at most', countArgument(1, 1_000_000), 50)
    .option('--all', 'all there are, whatever --limit says')
    .option('--wide', "do not cut lines to the terminal's width")
    .addHelpText(
      'after',
      `
Examples:
  alertctl list --limit 20
  alertctl list --filter 'severity >= HIGH && type == "AUTH_FAILURE"'
  alertctl list --filter 'metadata.ipAddress == "192.0.2.7"' --all --json | jq -r .metadata.userId | sort | uniq -c`,
    )
    .action(act(list));
