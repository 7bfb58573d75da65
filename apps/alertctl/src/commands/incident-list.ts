import { type Command, InvalidArgumentError, Option } from 'commander';
import { type IncidentListOptions, type ListedIncident } from '@therapytrain/alerts-client';
import { AlertError } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { incidentJson, incidentTable } from '../output/incidents.ts';
import { largestPage } from '../pieces.ts';
import { type ListingOptions, printList } from '../print-list.ts';
import { type Session } from '../session.ts';

type State = ListedIncident['state'];

const states: readonly State[] = ['OPEN', 'ACKNOWLEDGED', 'RESOLVED'];
const notOver: readonly State[] = ['OPEN', 'ACKNOWLEDGED'];

interface IncidentOptions extends ListingOptions {
  readonly state?: readonly State[];
  readonly filter?: string;
  readonly overdue?: boolean;
  readonly watch?: boolean;
}

const stateArgument = (text: string, before: readonly State[] = []): readonly State[] => {
  const state = states.find((each) => each === text.toUpperCase());
  if (state === undefined) throw new InvalidArgumentError(`It must be one of ${states.join(', ')}.`);
  return [...before, state];
};

const questionOf = ({ state, filter, overdue }: IncidentOptions): IncidentListOptions => ({
  states: state ?? notOver,
  filter,
  overdue,
});

const betweenLooks = 2_000;
const clear = '\u001b[H\u001b[J';

const draw = async (session: Session, incidents: readonly ListedIncident[], wide: boolean): Promise<void> => {
  const { clock, paint, stdout } = session;
  const lines = incidentTable(incidents, clock.now(), paint, wide ? undefined : stdout.columns);
  const none = incidents.length === 0 ? ['No incidents found.'] : [];
  await stdout.write(`${clear}${[...lines, ...none].join('\n')}\n`);
};

/** Prints those that changed since they were printed last. */
const createChanges = (session: Session) => {
  const known = new Map<string, string>();
  return async (incidents: readonly ListedIncident[]): Promise<void> => {
    const news = incidents.filter(({ id, etag }) => known.get(id) !== etag);
    const first = known.size === 0;
    for (const { id, etag } of news) known.set(id, etag);
    if (session.global.json) for (const each of news) await session.printJson(incidentJson(each));
    else if (news.length > 0) {
      await session.print(incidentTable(news, session.clock.now(), session.paint).slice(first ? 0 : 1));
    }
  };
};

// A terminal shows how it is; a pipe gets what changes.
const watch = async (session: Session, options: IncidentOptions): Promise<ExitCode> => {
  const { client, clock, signal, stdout, global } = session;
  const changes = createChanges(session);
  const pageSize = Math.min(options.all ? largestPage : options.limit, largestPage);
  let isAway = false;
  for (let looks = 0; !signal.aborted; looks++) {
    try {
      const { incidents } = await client.incidents.list({ ...questionOf(options), pageSize });
      isAway = false;
      if (stdout.columns === undefined || global.json) await changes(incidents);
      else await draw(session, incidents, options.wide ?? false);
    } catch (error) {
      // One that was never there is more likely a wrong address.
      if (looks === 0 || !(error instanceof AlertError) || !error.retryable) throw error;
      if (!isAway) await session.note(`alertctl: the gateway is away (${error.code}); trying again`, 'yellow');
      isAway = true;
    }
    await clock.sleep(betweenLooks, signal).catch(() => undefined);
  }
  return ExitCode.INTERRUPTED;
};

const list = (session: Session, options: IncidentOptions): Promise<ExitCode> => {
  if (options.watch) return watch(session, options);
  return printList(session, options, {
    fetch: async (page) => {
      const { incidents, nextPageToken } = await session.client.incidents.list({ ...questionOf(options), ...page });
      return { items: incidents, nextPageToken };
    },
    json: incidentJson,
    table: (incidents, columns) => incidentTable(incidents, session.clock.now(), session.paint, columns),
    none: 'No incidents found.',
  });
};

/** Adds `alertctl incidents list`. */
export const addIncidentList = (group: Command, act: Act): void => {
  group
    .command('list')
    .summary('list incidents, the one opened last first')
    .description(
      'Lists incidents that are not over, the one opened last first. With --json one incident a line. With --watch ' +
        'it looks again every two seconds: a terminal shows how things are, anything else gets what changes.',
    )
    .addOption(
      new Option('--state <state>', 'only those in this state; repeat for more')
        .choices(states)
        .argParser(stateArgument),
    )
    .option('--filter <expression>', "CEL over each one's newest alert, with the incident's severity")
    .option('--overdue', 'only those that are open and should have been acknowledged by now')
    .option('--limit <number>', 'how many at most', countArgument(1, 1_000_000), 50)
    .option('--all', 'all there are, whatever --limit says')
    .option('--wide', "do not cut lines to the terminal's width")
    .option('--watch', 'go on looking')
    .action(act(list));
};
