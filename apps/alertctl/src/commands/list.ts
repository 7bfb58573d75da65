import { Command } from 'commander';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { type ExitCode } from '../exit-code.ts';
import { alertJson, alertTable } from '../output/alerts.ts';
import { type ListingOptions, printList } from '../print-list.ts';
import { type Session } from '../session.ts';

interface ListOptions extends ListingOptions {
  readonly filter?: string;
}

const list = (session: Session, options: ListOptions): Promise<ExitCode> =>
  printList(session, options, {
    fetch: async (page) => {
      const { alerts, nextPageToken } = await session.client.list({ filter: options.filter, ...page });
      return { items: alerts, nextPageToken };
    },
    json: alertJson,
    table: (alerts, columns) => alertTable(alerts, session.clock.now(), session.paint, columns),
    none: 'No alerts found.',
  });

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
