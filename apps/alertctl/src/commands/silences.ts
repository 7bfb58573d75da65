import { Command, Option } from 'commander';
import { type AlertSeverity, type Instant, type Millis } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { countArgument, durationArgument, instantArgument, severityArgument, severityNames } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';
import { fullId, idArgument } from '../full-id.ts';
import { incidentJson, incidentTable } from '../output/incidents.ts';
import { silenceJson, silenceLine, silenceTable } from '../output/silences.ts';
import { largestPage } from '../pieces.ts';
import { type ListingOptions, printList } from '../print-list.ts';
import { type Session } from '../session.ts';

interface PreviewOptions {
  readonly upTo?: AlertSeverity;
}

interface CreateOptions extends PreviewOptions {
  readonly for: Millis;
  readonly reason: string;
  readonly from?: Instant;
  readonly yes?: boolean;
}

type Silence = Awaited<ReturnType<Session['client']['silences']['expire']>>;

const tell = async (session: Session, silence: Silence): Promise<ExitCode> => {
  if (session.global.json) await session.printJson(silenceJson(silence));
  else await session.print([silenceLine(silence, session.clock.now())]);
  return ExitCode.OK;
};

const lost = (alerts: number, incidents: number): string =>
  `In the last 24 hours it would have held back ${alerts} alerts of ${incidents} incidents.`;

const create = async (session: Session, when: string, options: CreateOptions): Promise<ExitCode> => {
  const { for: length, reason, from, upTo, yes } = options;
  const { silences } = session.client;
  if (!yes) {
    const { alerts, incidents } = await silences.preview({ when, upTo });
    const question = `${lost(alerts, incidents.length)} Create it?`;
    if (!(await confirm(session, question, yes))) return ExitCode.REFUSED;
  }
  return tell(session, await silences.create({ when, reason, length, from, upTo }));
};

const preview = async (session: Session, when: string, { upTo }: PreviewOptions): Promise<ExitCode> => {
  const { alerts, incidents } = await session.client.silences.preview({ when, upTo });
  if (session.global.json) {
    await session.printJson({ alertCount: alerts, incidents: incidents.map(incidentJson) });
    return ExitCode.OK;
  }
  await session.print([lost(alerts, incidents.length)]);
  if (incidents.length === 0) return ExitCode.OK;
  await session.print(incidentTable(incidents, session.clock.now(), session.paint, session.stdout.columns));
  return ExitCode.OK;
};

const list = (session: Session, options: ListingOptions): Promise<ExitCode> =>
  printList(session, options, {
    fetch: async (page) => {
      const { silences, nextPageToken } = await session.client.silences.list(page);
      return { items: silences, nextPageToken };
    },
    json: silenceJson,
    table: (silences, columns) => silenceTable(silences, session.clock.now(), session.paint, columns),
    none: 'No silences found.',
  });

const expire = async (session: Session, text: string): Promise<ExitCode> => {
  const { silences } = session.client;
  const id = await fullId(text, async () => {
    const page = await silences.list({ pageSize: largestPage });
    return page.silences.map((each) => each.id);
  });
  return tell(session, await silences.expire(id));
};

const upToOption = (): Option =>
  new Option('--up-to <severity>', 'what is more severe is told all the same; HIGH if left out')
    .choices(severityNames)
    .argParser(severityArgument);

const whenText = 'CEL over one alert; true for all';

/** `alertctl silences`: notices that are held back for a while. */
export const silencesCommand = (act: Act): Command => {
  const group = new Command('silences')
    .summary('hold back notices for a while')
    .description(
      'A silence holds back notices of what it matches: the alerts are kept and counted as always. Each has an author ' +
        '(the name of --source), a reason and an end.',
    )
    .addHelpText('after', details);
  group
    .command('create')
    .summary('create a silence')
    .description('Creates a silence. Tells what it would have held back, and asks, unless there is --yes.')
    .argument('<when>', whenText)
    .addOption(new Option('--for <span>', 'how long, e.g. 2h').argParser(durationArgument).makeOptionMandatory())
    .addOption(new Option('--reason <text>', 'why, for those who miss a notice').makeOptionMandatory())
    .option('--from <time>', 'when it begins, RFC 3339; now if left out', instantArgument)
    .addOption(upToOption())
    .option('--yes', 'do not ask')
    .action(act(create));
  group
    .command('preview')
    .summary('show what a silence would have held back')
    .description('Shows what a silence would have held back in the last 24 hours. Changes nothing.')
    .argument('<when>', whenText)
    .addOption(upToOption())
    .action(act(preview));
  group
    .command('list')
    .summary('list silences, newest first')
    .description(
      'Lists silences in force and those still to begin, newest first, and how many alerts each has hidden so far. ' +
        'With --json one a line.',
    )
    .option('--limit <number>', 'how many at most', countArgument(1, 1_000_000), 50)
    .option('--all', 'all there are, whatever --limit says')
    .option('--wide', "do not cut lines to the terminal's width")
    .action(act(list));
  group
    .command('expire')
    .summary('end a silence now')
    .description('Ends a silence now; what it held back is told.')
    .argument('<id>', "the silence's id, or the end of it", idArgument)
    .action(act(expire));
  return group;
};

const details = `
Examples:
  alertctl silences preview 'type == "RATE_LIMIT_BREACH" && source == "edge"'
  alertctl silences create 'source == "edge"' --for 2h --reason 'Load test' --source alice
  alertctl silences expire 5a6b7c8d`;
