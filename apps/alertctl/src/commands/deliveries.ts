import { Command, InvalidArgumentError, Option } from 'commander';
import { type ListedDelivery } from '@therapytrain/alerts-client';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { fullId, idArgument } from '../full-id.ts';
import { deliveryDetails, deliveryJson, deliveryTable } from '../output/deliveries.ts';
import { UsageError } from '../output/fault.ts';
import { largestPage } from '../pieces.ts';
import { type ListingOptions, printList } from '../print-list.ts';
import { type Session } from '../session.ts';
import { incidentId } from './incidents.ts';

type State = ListedDelivery['state'];

const states: readonly State[] = ['waiting', 'claimed', 'done', 'dead', 'cancelled', 'digested'];

interface DeliveryOptions extends ListingOptions {
  readonly incident?: string;
  readonly channel?: string;
  readonly state?: readonly State[];
}

const stateArgument = (text: string, before: readonly State[] = []): readonly State[] => {
  const state = states.find((each) => each === text.toLowerCase());
  if (state === undefined) throw new InvalidArgumentError(`It must be one of ${states.join(', ')}.`);
  return [...before, state];
};

/** How deliveries are listed. */
export const deliveryListing = (session: Session) => ({
  json: deliveryJson,
  table: (deliveries: readonly ListedDelivery[], columns: number | undefined) =>
    deliveryTable(deliveries, session.clock.now(), session.paint, columns),
});

/** The options that choose deliveries and say how many are listed. */
export const addDeliveryOptions = (command: Command): Command =>
  command
    .option('--incident <id>', 'those of this incident; the end of its id is enough', idArgument)
    .option('--channel <name>', 'those through this channel')
    .option('--limit <number>', 'how many at most', countArgument(1, 1_000_000), 50)
    .option('--all', 'all there are, whatever --limit says')
    .option('--wide', "do not cut lines to the terminal's width");

const list = async (session: Session, options: DeliveryOptions): Promise<ExitCode> => {
  const { channel, state: wanted } = options;
  const incident = options.incident === undefined ? undefined : await incidentId(session, options.incident);
  return printList(session, options, {
    ...deliveryListing(session),
    fetch: async (page) => {
      const chosen = { incident, channel, states: wanted, ...page };
      const { deliveries, nextPageToken } = await session.client.deliveries.list(chosen);
      return { items: deliveries, nextPageToken };
    },
    none: 'No deliveries found.',
  });
};

const show = async (session: Session, text: string): Promise<ExitCode> => {
  const { deliveries: calls } = session.client;
  const id = await fullId(text, async () =>
    (await calls.list({ pageSize: largestPage })).deliveries.map((each) => each.id),
  );
  const [delivery] = (await calls.list({ ids: [id], pageSize: 1 })).deliveries;
  if (!delivery) throw new UsageError('no delivery of this id is known');
  if (session.global.json) await session.printJson(deliveryJson(delivery));
  else await session.print(deliveryDetails(delivery, session.clock.now(), session.paint));
  return ExitCode.OK;
};

const showCommand = (act: Act): Command =>
  new Command('show')
    .summary('show one delivery, and each of its recipients')
    .description('Shows one delivery: what became of it, and of each recipient where its channel has several.')
    .argument('<id>', "the delivery's id, or the end of it", idArgument)
    .action(act(show));

/** `alertctl deliveries`: what went out through which channel, and what did not. */
export const deliveriesCommand = (act: Act): Command =>
  addDeliveryOptions(new Command('deliveries'))
    .summary('list what was sent, and what was not')
    .description('Lists deliveries, newest first. With --json one delivery a line.')
    .addOption(
      new Option('--state <state>', 'only those in this state; repeat for more')
        .choices(states)
        .argParser(stateArgument),
    )
    .addHelpText(
      'after',
      `
Examples:
  alertctl deliveries --incident 5a6b7c8d
  alertctl deliveries show 9f8e7d6c
  alertctl deliveries --channel mail --state waiting --state dead
  alertctl deliveries --all --json | jq -r .reason | sort | uniq -c`,
    )
    .action(act(list))
    .addCommand(showCommand(act));
