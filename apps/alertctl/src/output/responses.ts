import { type KillSwitchState, type ListedResponse } from '@therapytrain/alerts-client';
import { type Instant, severityName } from '@therapytrain/alerts-core';
import { shortId } from '../full-id.ts';
import { aligned } from './alerts.ts';
import { type Paint, severityStyle, type Style } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { type Column, table } from './table.ts';
import { age, fromNow, localTime, optionalTime, rfc3339 } from './time.ts';

const stateStyles: Readonly<Record<ListedResponse['state'], Style>> = {
  observed: 'gray',
  waiting: 'yellow',
  planned: 'cyan',
  executing: 'cyan',
  in_force: 'red',
  done: 'green',
  unknown: ['bold', 'red'],
  reverting: 'cyan',
  reverted: 'green',
  refused: 'gray',
  rejected: 'gray',
  expired: 'gray',
  stopped: 'gray',
  dead: ['bold', 'red'],
  revert_failed: ['bold', 'red'],
};

const targetJson = ({ target: { kind, value, resource } }: ListedResponse) => ({ kind: String(kind), value, resource });

/** A response in the wire's JSON names; times in RFC 3339, null where there is none. */
export const responseJson = (response: ListedResponse) => ({
  id: response.id,
  version: response.version,
  state: response.state,
  mode: response.mode,
  playbook: response.playbook,
  step: response.step,
  responder: response.responder,
  target: targetJson(response),
  args: response.args,
  severity: severityName(response.severity),
  incidentId: response.incident,
  alertSource: response.source,
  summary: response.summary,
  reason: response.reason,
  createdAt: rfc3339(response.createdAt),
  updatedAt: rfc3339(response.updatedAt),
  lengthMs: response.span === 0 ? null : response.span,
  startsAt: optionalTime(response.from),
  endsAt: optionalTime(response.until),
  approvers: response.approvers,
  approvals: response.approvals.map(({ by, at }) => ({ by, at: rfc3339(at) })),
  handledBy: response.by,
  extensions: response.extensions,
  policyVersion: response.policy,
  enforcing: response.enforcing,
  enforcers: response.enforcers,
});

/** What is acted on, in a few words. */
export const targetText = ({ target: { value, resource } }: Pick<ListedResponse, 'target'>): string =>
  safeLine(resource === '' ? value : `${value} (${resource})`);

/** How many of those that enforce it do: what is asked for told apart from what is done. Empty where it is no decision. */
const enforcedText = ({ enforcing, enforcers }: ListedResponse): string =>
  enforcers === 0 ? '' : `${enforcing} of ${enforcers}`;

const columns = (now: Instant): readonly Column<ListedResponse>[] => [
  { title: 'ID', cell: ({ id }) => safeLine(shortId(id)) },
  { title: 'AGE', cell: ({ createdAt }) => age(createdAt, now) },
  { title: 'STATE', cell: ({ state }) => state, style: ({ state }) => stateStyles[state] },
  { title: 'ENDS', cell: ({ until }) => (until === undefined ? '' : fromNow(until, now)) },
  { title: 'RESPONDER', cell: ({ responder }) => safeLine(responder), shrinksTo: 8 },
  { title: 'TARGET', cell: targetText, shrinksTo: 10 },
  { title: 'ENFORCED', cell: enforcedText, expendable: true },
  { title: 'PLAYBOOK', cell: ({ playbook }) => safeLine(playbook), shrinksTo: 8, expendable: true },
  { title: 'INCIDENT', cell: ({ incident }) => safeLine(shortId(incident)), expendable: true },
  { title: 'REASON', cell: ({ reason }) => safeLine(reason), shrinksTo: 8, expendable: true },
];

/** Responses as a table, in the order in which they come; lines that fit `terminal` columns, if given. */
export const responseTable = (
  responses: readonly ListedResponse[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] => table(columns(now), responses, paint, terminal);

/** What became of a response, in one line. */
export const responseLine = (response: ListedResponse, paint: Paint): string => {
  const { id, state, approvals, approvers } = response;
  const missing =
    state === 'waiting' && approvals.length > 0 ? `, approved by ${approvals.length} of ${approvers}` : '';
  return `${safeLine(id)}  ${paint(stateStyles[state], state)}${missing}`;
};

/** All there is to say of one response, one fact a line. */
export const responseDetails = (response: ListedResponse, now: Instant, paint: Paint): readonly string[] => {
  const when = (instant: Instant | undefined): string =>
    instant === undefined ? '' : `${localTime(instant)} (${fromNow(instant, now)})`;
  const args = Object.entries(response.args).map(([name, value]) => `${name}=${value}`);
  const facts: readonly (readonly [string, string])[] = [
    ['ID', safeLine(response.id)],
    ['State', paint(stateStyles[response.state], response.state)],
    ['Reason', safeLine(response.reason)],
    ['What', safeLine(response.summary)],
    ['Responder', safeLine(response.responder)],
    ['Target', targetText(response)],
    ['Args', safeLine(args.join(', '))],
    ['Playbook', `${safeLine(response.playbook)}, step ${response.step + 1} (${response.mode})`],
    ['Severity', paint(severityStyle(response.severity), severityName(response.severity))],
    ['Incident', safeLine(response.incident)],
    ['Source', safeLine(response.source)],
    ['Planned', when(response.createdAt)],
    ['Began', when(response.from)],
    [response.state === 'waiting' ? 'Decide by' : 'Ends', when(response.until)],
    ['Enforced by', enforcedText(response)],
    ['Approvers', response.approvers === 0 ? '' : String(response.approvers)],
    ...response.approvals.map(({ by, at }) => ['Approved', `${safeLine(by)}, ${when(at)}`] as const),
    ['By', safeLine(response.by)],
    ['Extended', response.extensions === 0 ? '' : String(response.extensions)],
    ['Policy', safeLine(response.policy)],
  ];
  return aligned(
    facts.filter(([, value]) => value !== ''),
    paint,
  );
};

/** The kill switch in the wire's JSON names. */
export const killSwitchJson = ({ on, by, reason, at }: KillSwitchState) => ({ on, by, reason, at: optionalTime(at) });

/** The kill switch, in one line. */
export const killSwitchLine = ({ on, by, reason, at }: KillSwitchState, now: Instant, paint: Paint): string => {
  const state = on ? paint('red', 'ON: nothing is done by itself') : paint('green', 'off: responses are done');
  if (at === undefined) return `${state}; nobody has turned it yet`;
  return `${state}; turned by ${safeLine(by)} ${fromNow(at, now)}: ${safeLine(reason)}`;
};
