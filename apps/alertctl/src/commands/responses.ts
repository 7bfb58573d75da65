import { Command, InvalidArgumentError, Option } from 'commander';
import { type ListedResponse, type ResponseChangeOptions } from '@therapytrain/alerts-client';
import { type ResponseState, responseStateNames } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';
import { fullId, idArgument } from '../full-id.ts';
import { responseDetails, responseJson, responseLine, responseTable, targetText } from '../output/responses.ts';
import { safeLine } from '../output/safe-text.ts';
import { largestPage } from '../pieces.ts';
import { type ListingOptions, printList } from '../print-list.ts';
import { type Session } from '../session.ts';
import { incidentId } from './incidents.ts';

interface ResponseOptions extends ListingOptions {
  readonly state?: readonly ResponseState[];
  readonly incident?: string;
  readonly playbook?: string;
}

type ChangeOptions = Pick<ResponseChangeOptions, 'comment'> & { readonly yes?: boolean };

const stateArgument = (text: string, before: readonly ResponseState[] = []): readonly ResponseState[] => {
  const state = responseStateNames.find((each) => each === text.toLowerCase());
  if (state === undefined) throw new InvalidArgumentError(`It must be one of ${responseStateNames.join(', ')}.`);
  return [...before, state];
};

const responseId = (session: Session, text: string): Promise<string> =>
  fullId(text, async () => {
    const { responses } = await session.client.responses.list({ pageSize: largestPage });
    return responses.map(({ id }) => id);
  });

const list = async (session: Session, options: ResponseOptions): Promise<ExitCode> => {
  const { state: wanted, playbook } = options;
  const incident = options.incident === undefined ? undefined : await incidentId(session, options.incident);
  return printList(session, options, {
    fetch: async (page) => {
      const chosen = { states: wanted, incident, playbook, ...page };
      const { responses, nextPageToken } = await session.client.responses.list(chosen);
      return { items: responses, nextPageToken };
    },
    json: responseJson,
    table: (responses, columns) => responseTable(responses, session.clock.now(), session.paint, columns),
    none: 'No responses found.',
  });
};

const show = async (session: Session, text: string): Promise<ExitCode> => {
  const response = await session.client.responses.get(await responseId(session, text));
  if (session.global.json) await session.printJson(responseJson(response));
  else await session.print(responseDetails(response, session.clock.now(), session.paint));
  return ExitCode.OK;
};

const tell = async (session: Session, response: ListedResponse): Promise<ExitCode> => {
  if (session.global.json) await session.printJson(responseJson(response));
  else await session.print([responseLine(response, session.paint)]);
  return ExitCode.OK;
};

/** Who decides sees first what about: what would be done, to whom, and why it is asked. */
const asked =
  (verb: 'approve' | 'revert', question: string) =>
  async (session: Session, text: string, { comment, yes }: ChangeOptions): Promise<ExitCode> => {
    const { responses } = session.client;
    const id = await responseId(session, text);
    if (!yes) {
      const response = await responses.get(id);
      const what = `${safeLine(response.responder)} on ${targetText(response)}: ${safeLine(response.summary)}.`;
      if (!(await confirm(session, `${what} ${question}`, yes))) return ExitCode.REFUSED;
    }
    return tell(session, await responses[verb](id, { comment }));
  };

const reject = async (session: Session, text: string, { comment }: ChangeOptions): Promise<ExitCode> =>
  tell(session, await session.client.responses.reject(await responseId(session, text), { comment }));

const changing = (group: Command, name: string, summary: string, description: string): Command =>
  group
    .command(name)
    .summary(summary)
    .description(description)
    .argument('<id>', "the response's id, or the end of it", idArgument)
    .option('--comment <text>', 'for the audit');

/** `alertctl responses`: what is done about incidents, and who says yes or no. */
export const responsesCommand = (act: Act): Command => {
  const group = new Command('responses')
    .summary('see what is done about incidents, and decide about it')
    .description(
      'Responses are what playbooks do about incidents. Of an id the end is enough, as the list shows it. Who decides is ' +
        'the name of --source. Targets are personal: addresses and ids of users.',
    )
    .addHelpText('after', details);
  group
    .command('list')
    .summary('list responses, the one planned last first')
    .description('Lists responses, the one planned last first. With --json one response a line.')
    .addOption(
      new Option('--state <state>', 'only those in this state; repeat for more')
        .choices(responseStateNames)
        .argParser(stateArgument),
    )
    .option('--incident <id>', 'those that answer this incident; the end of its id is enough', idArgument)
    .option('--playbook <name>', 'those of this playbook')
    .option('--limit <number>', 'how many at most', countArgument(1, 1_000_000), 50)
    .option('--all', 'all there are, whatever --limit says')
    .option('--wide', "do not cut lines to the terminal's width")
    .action(act(list));
  group
    .command('show')
    .summary('show one response')
    .description('Shows one response with everything that is known of it.')
    .argument('<id>', "the response's id, or the end of it", idArgument)
    .action(act(show));
  changing(
    group,
    'approve',
    'say yes to one that waits',
    'Says yes to a response that waits; nobody approves what they caused. Tells what would be done, and asks, unless ' +
      'there is --yes.',
  )
    .option('--yes', 'do not ask')
    .action(act(asked('approve', 'Approve it?')));
  changing(group, 'reject', 'say no to one that waits', 'Says no to a response that waits.').action(act(reject));
  changing(
    group,
    'revert',
    'take back what was done',
    'Takes back what was done, now, and leaves its target alone for a while. Asks, unless there is --yes.',
  )
    .option('--yes', 'do not ask')
    .action(act(asked('revert', 'Take it back?')));
  return group;
};

const details = `
Examples:
  alertctl responses list --state waiting
  alertctl responses show 5a6b7c8d
  alertctl responses approve 5a6b7c8d --source alice
  alertctl responses revert 5a6b7c8d --comment 'Our own scanner' --source alice`;
