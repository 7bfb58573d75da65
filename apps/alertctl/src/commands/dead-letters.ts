import { Command } from 'commander';
import { type DeadLetterOptions, type Replayed } from '@therapytrain/alerts-client';
import { type Act } from '../act.ts';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';
import { fullId, idArgument } from '../full-id.ts';
import { UsageError } from '../output/fault.ts';
import { largestPage } from '../pieces.ts';
import { type ListingOptions, printList } from '../print-list.ts';
import { type Session } from '../session.ts';
import { addDeliveryOptions, deliveryListing } from './deliveries.ts';
import { incidentId } from './incidents.ts';

interface ReplayOptions extends DeadLetterOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const chosen = async (session: Session, { incident, channel }: DeadLetterOptions): Promise<DeadLetterOptions> => ({
  incident: incident === undefined ? undefined : await incidentId(session, incident),
  channel,
});

const list = async (session: Session, options: ListingOptions & DeadLetterOptions): Promise<ExitCode> => {
  const selection = await chosen(session, options);
  return printList(session, options, {
    ...deliveryListing(session),
    fetch: async (page) => {
      const { deliveries, nextPageToken } = await session.client.deliveries.deadLetters({ ...selection, ...page });
      return { items: deliveries, nextPageToken };
    },
    none: 'No dead letters found.',
  });
};

const wholeIds = async (session: Session, texts: readonly string[]): Promise<readonly string[]> => {
  let known: Promise<readonly string[]> | undefined;
  const dead = (): Promise<readonly string[]> =>
    (known ??= session.client.deliveries
      .deadLetters({ pageSize: largestPage })
      .then(({ deliveries }) => deliveries.map(({ id }) => id)));
  return Promise.all(texts.map((text) => fullId(text, dead)));
};

const print = async (session: Session, { deliveries }: Replayed): Promise<void> => {
  const { json, table } = deliveryListing(session);
  if (session.global.json) for (const each of deliveries) await session.printJson(json(each));
  else if (deliveries.length > 0) await session.print(table(deliveries, session.stdout.columns));
};

const countText = (count: number): string => (count === 1 ? '1 dead letter' : `${count} dead letters`);

const replay = async (session: Session, texts: readonly string[], options: ReplayOptions): Promise<ExitCode> => {
  const { dryRun, yes } = options;
  const selection = await chosen(session, options);
  if (texts.length === 0 && selection.incident === undefined && selection.channel === undefined) {
    throw new UsageError('say which: ids, --incident or --channel');
  }
  const ids = await wholeIds(session, texts);
  const { deliveries: calls } = session.client;
  const found = await calls.replay({ ids, ...selection, dryRun: true });
  const missing = ids.length > found.deliveries.length;
  if (dryRun || found.deliveries.length === 0) {
    await print(session, found);
    if (found.deliveries.length === 0) await session.note('No dead letters found.');
    return missing ? ExitCode.REFUSED : ExitCode.OK;
  }
  if (!(await confirm(session, `Send ${countText(found.deliveries.length)} again?`, yes))) return ExitCode.REFUSED;
  const replayed = await calls.replay({ ids: found.deliveries.map(({ id }) => id) });
  await print(session, replayed);
  if (found.more) await session.note('There are more: run it again.', 'yellow');
  if (missing) await session.note('Some of them are no dead letters; they are left as they are.', 'yellow');
  return missing ? ExitCode.REFUSED : ExitCode.OK;
};

/** `alertctl dead-letters`: deliveries that were given up. */
export const deadLettersCommand = (act: Act): Command => {
  const group = new Command('dead-letters')
    .summary('see what was given up, and send it again')
    .description('Dead letters are deliveries that were given up: tried as often as the policy says, or refused.')
    .addHelpText('after', details);
  addDeliveryOptions(group.command('list'))
    .summary('list dead letters, newest first')
    .description('Lists dead letters, newest first. With --json one a line.')
    .action(act(list));
  group
    .command('replay')
    .summary('send dead letters again')
    .description('Makes dead letters due again, at most 100 at a time. Asks, unless there is --yes.')
    .argument('[ids...]', 'their ids, or the ends of them', (text, before: readonly string[] = []) => [
      ...before,
      idArgument(text),
    ])
    .option('--incident <id>', 'those of this incident; the end of its id is enough', idArgument)
    .option('--channel <name>', 'those through this channel')
    .option('--dry-run', 'only show what would be sent again')
    .option('--yes', 'do not ask')
    .action(act(replay));
  return group;
};

const details = `
Examples:
  alertctl dead-letters list --channel mail
  alertctl dead-letters replay 5a6b7c8d 9e0f1a2b
  alertctl dead-letters replay --channel mail --dry-run`;
