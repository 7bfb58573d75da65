import { type Command as Group, Command } from 'commander';
import { type CommentedChangeOptions, type ListedIncident } from '@therapytrain/alerts-client';
import { type Act } from '../act.ts';
import { ExitCode } from '../exit-code.ts';
import { fullId, idArgument } from '../full-id.ts';
import { alertTable } from '../output/alerts.ts';
import { alertJson } from '../output/alerts.ts';
import { incidentDetails, incidentJson, paintedState } from '../output/incidents.ts';
import { safeLine } from '../output/safe-text.ts';
import { largestPage } from '../pieces.ts';
import { type Session } from '../session.ts';
import { addIncidentList } from './incident-list.ts';
import { addIncidentWatch } from './incident-watch.ts';

/** The whole id of an incident of which the end may be enough. */
export const incidentId = (session: Session, text: string): Promise<string> =>
  fullId(text, async () => {
    const { incidents } = await session.client.incidents.list({ pageSize: largestPage });
    return incidents.map(({ id }) => id);
  });

const show = async (session: Session, text: string): Promise<ExitCode> => {
  const { incident, alerts } = await session.client.incidents.get(await incidentId(session, text));
  if (session.global.json) {
    await session.printJson({ ...incidentJson(incident), alerts: alerts.map(alertJson) });
    return ExitCode.OK;
  }
  const now = session.clock.now();
  await session.print(incidentDetails(incident, now, session.paint));
  if (alerts.length > 0) await session.print(['', ...alertTable(alerts, now, session.paint, session.stdout.columns)]);
  return ExitCode.OK;
};

const tell = async (session: Session, incident: ListedIncident): Promise<ExitCode> => {
  if (session.global.json) await session.printJson(incidentJson(incident));
  else {
    const owner = incident.assignee === '' ? '' : `, assigned to ${safeLine(incident.assignee)}`;
    await session.print([`${safeLine(incident.id)}  ${paintedState(incident, session.paint)}${owner}`]);
  }
  return ExitCode.OK;
};

type Change = Pick<CommentedChangeOptions, 'comment' | 'etag'>;

const acknowledge = async (session: Session, text: string, options: Change): Promise<ExitCode> =>
  tell(session, await session.client.incidents.acknowledge(await incidentId(session, text), options));

const resolve = async (session: Session, text: string, options: Change): Promise<ExitCode> =>
  tell(session, await session.client.incidents.resolve(await incidentId(session, text), options));

const assign = async (session: Session, text: string, name: string, { etag }: Change): Promise<ExitCode> =>
  tell(session, await session.client.incidents.assign(await incidentId(session, text), name, { etag }));

const comment = async (session: Session, text: string, said: string, { etag }: Change): Promise<ExitCode> =>
  tell(session, await session.client.incidents.comment(await incidentId(session, text), said, { etag }));

const idText = "the incident's id, or the end of it";

const changing = (group: Group, name: string, summary: string): Command =>
  group
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .argument('<id>', idText, idArgument)
    .option('--etag <etag>', 'only if the incident is still like that (see incidents show)');

/** `alertctl incidents`: what is open, and who does something about it. */
export const incidentsCommand = (act: Act): Command => {
  const group = new Command('incidents')
    .summary('see what is open, and handle it')
    .description(
      'Incidents are alerts that are told and handled together. Of an id the end is enough, as the list shows it. Who ' +
        'handles them is the name of --source.',
    )
    .addHelpText('after', details);
  addIncidentList(group, act);
  addIncidentWatch(group, act);
  group
    .command('show')
    .summary('show one incident and its newest alerts')
    .description('Shows one incident with everything that is known of it, and its newest alerts.')
    .argument('<id>', idText, idArgument)
    .action(act(show));
  changing(group, 'ack', 'say that you see to an incident')
    .option('--comment <text>', 'for the others')
    .action(act(acknowledge));
  changing(group, 'resolve', 'say that an incident is over')
    .option('--comment <text>', 'for the others')
    .action(act(resolve));
  changing(group, 'assign', 'say whose an incident is')
    .argument('<name>', "whose; '' for nobody's")
    .action(act(assign));
  changing(group, 'comment', 'say something about an incident').argument('<text>', 'what').action(act(comment));
  return group;
};

const details = `
Examples:
  alertctl incidents list --state OPEN --watch
  alertctl incidents watch --json | ./forward
  alertctl incidents show 5a6b7c8d
  alertctl incidents ack 5a6b7c8d --source alice --comment 'On it'
  alertctl incidents resolve 5a6b7c8d --comment 'Key was rotated'`;
