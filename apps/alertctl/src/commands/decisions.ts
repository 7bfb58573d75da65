import { Command, InvalidArgumentError, Option } from 'commander';
import { type Decision, type DecisionKind, decisionKindNames } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import {
  decisionJson,
  type DecisionNews,
  decisionTable,
  enforcerJson,
  enforcerTable,
  newsLine,
} from '../output/decisions.ts';
import { type Session } from '../session.ts';
import { createStateNotes } from '../state-notes.ts';

interface KindOptions {
  readonly kind?: readonly DecisionKind[];
  readonly wide?: boolean;
}

interface WatchOptions extends KindOptions {
  readonly limit?: number;
}

const kindArgument = (text: string, before: readonly DecisionKind[] = []): readonly DecisionKind[] => {
  const kind = decisionKindNames.find((each) => each === text.toLowerCase());
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of ${decisionKindNames.join(', ')}.`);
  return [...before, kind];
};

const columnsOf = ({ stdout }: Session, wide: boolean | undefined): number | undefined =>
  wide ? undefined : stdout.columns;

/** The snapshot that a stream begins with is the list. */
const list = async (session: Session, { kind, wide }: KindOptions): Promise<ExitCode> => {
  const { client, signal, global, clock, paint } = session;
  await client.health();
  const found: Decision[] = [];
  for await (const event of client.decisions.stream({ kinds: kind, signal })) {
    if (event.kind === 'changes') found.push(...event.decisions);
    else if (event.kind === 'end') break;
  }
  if (signal.aborted) return ExitCode.INTERRUPTED;
  if (global.json) for (const each of found) await session.printJson(decisionJson(each));
  else if (found.length === 0) await session.note('No decisions are in force.');
  else await session.print(decisionTable(found, clock.now(), paint, columnsOf(session, wide)));
  return ExitCode.OK;
};

/** Prints news of decisions: of one that has ended the stream tells no more than its id. */
const createNews = (session: Session, wide: boolean | undefined) => {
  const known = new Map<string, Decision>();
  const print = async (news: DecisionNews, decision: Decision): Promise<void> => {
    const { global, clock, paint } = session;
    if (global.json) await session.printJson({ change: news, decision: decisionJson(decision) });
    else await session.print([newsLine(news, decision, clock.now(), paint, columnsOf(session, wide))]);
  };
  return {
    put: async (decision: Decision): Promise<boolean> => {
      const before = known.get(decision.id);
      known.set(decision.id, decision);
      if (before && JSON.stringify(before) === JSON.stringify(decision)) return false;
      await print(before ? 'extended' : 'added', decision);
      return true;
    },
    end: async (id: string): Promise<boolean> => {
      const before = known.get(id);
      if (!before) return false;
      known.delete(id);
      await print('ended', before);
      return true;
    },
    ids: (): string[] => [...known.keys()],
  };
};

const watch = async (session: Session, { kind, limit, wide }: WatchOptions): Promise<ExitCode> => {
  const { client, signal } = session;
  // Streams wait for a gateway that is away; one that was never there is more likely a wrong address.
  await client.health();
  const news = createNews(session, wide);
  let told = new Set<string>();
  let shown = 0;
  const isEnough = (printed: boolean): boolean => printed && ++shown === limit;
  for await (const event of client.decisions.stream({ kinds: kind, signal, onState: createStateNotes(session) })) {
    if (event.kind === 'begin') told = new Set();
    if (event.kind === 'changes') {
      for (const each of event.decisions) {
        told.add(each.id);
        if (isEnough(await news.put(each))) return ExitCode.OK;
      }
      for (const id of event.ended) if (isEnough(await news.end(id))) return ExitCode.OK;
    }
    // What a snapshot has not told has ended.
    const gone = event.kind === 'end' ? news.ids().filter((id) => !told.has(id)) : [];
    for (const id of gone) if (isEnough(await news.end(id))) return ExitCode.OK;
  }
  return signal.aborted ? ExitCode.INTERRUPTED : ExitCode.OK;
};

const enforcers = async (session: Session, { wide }: KindOptions): Promise<ExitCode> => {
  const { client, global, clock, paint } = session;
  const found = await client.decisions.enforcers();
  if (global.json) for (const each of found) await session.printJson(enforcerJson(each));
  else if (found.length === 0) await session.note('No service has said that it enforces decisions.');
  else await session.print(enforcerTable(found, clock.now(), paint, columnsOf(session, wide)));
  return ExitCode.OK;
};

const kindOption = (): Option =>
  new Option('--kind <kind>', 'only those of this kind; repeat for more')
    .choices(decisionKindNames)
    .argParser(kindArgument);

/** `alertctl decisions`: what services are asked to enforce. */
export const decisionsCommand = (act: Act): Command => {
  const group = new Command('decisions')
    .summary('see what services are asked to enforce')
    .description(
      'Decisions are what services enforce from a time until a time: blocked addresses, locked users. Their targets are ' +
        'personal. To take one back: alertctl responses revert.',
    )
    .addHelpText('after', details);
  group
    .command('list')
    .summary('list decisions that are in force')
    .description('Lists all decisions that are in force, oldest first. With --json one decision a line.')
    .addOption(kindOption())
    .option('--wide', "do not cut lines to the terminal's width")
    .action(act(list));
  group
    .command('watch')
    .summary('show decisions as they change, one line each time')
    .description(
      'Shows all decisions that are in force, then each one when it is added, lasts longer or ends before its time. What ' +
        'comes to its time ends without a line. Waits for a gateway that goes away, and misses no state. With --json one ' +
        'object a line: { change, decision }.',
    )
    .addOption(kindOption())
    .option('--limit <number>', 'end after so many lines', countArgument(1, Number.MAX_SAFE_INTEGER))
    .option('--wide', "do not cut lines to the terminal's width")
    .action(act(watch));
  group
    .command('enforcers')
    .summary('list who enforces decisions')
    .description('Lists services that said what they enforce: what is asked for is enforced where all are up to date.')
    .option('--wide', "do not cut lines to the terminal's width")
    .action(act(enforcers));
  return group;
};

const details = `
Examples:
  alertctl decisions list --kind block_address
  alertctl decisions watch --json | jq -r '[.change, .decision.target] | @tsv'
  alertctl decisions enforcers`;
