import {
  type Budget,
  type Escalation,
  type Playbook,
  type Policy,
  type ResponderSettings,
  type Route,
  spanText,
} from '@therapytrain/alerts-manager';
import { severities, severityName } from '@therapytrain/alerts-core';
import { type Paint, severityStyle } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { type Column, table } from '../output/table.ts';

interface Branch {
  readonly label: string;
  readonly route: Route;
}

// `a/b/c` is shown as `c`, a step further in than `a/b`.
const branchesOf = (routes: readonly Route[], indent = ''): readonly Branch[] =>
  routes.flatMap((route, index) => {
    const isLast = index === routes.length - 1;
    const own = route.name.slice(route.name.lastIndexOf('/') + 1);
    const depth = route.name.split('/').length - 1;
    const label = depth === 0 ? own : `${indent}${isLast ? '└─' : '├─'} ${own}`;
    const inner = depth === 0 ? '' : `${indent}${isLast ? '   ' : '│  '}`;
    return [{ label, route }, ...branchesOf(route.routes, inner)];
  });

const rhythm = ({ firstNotifyAfter, batchUpdatesEvery, remindEvery, continues }: Route): string =>
  [
    firstNotifyAfter > 0 ? `first after ${spanText(firstNotifyAfter)}` : '',
    `news every ${spanText(batchUpdatesEvery)}`,
    remindEvery === undefined ? '' : `reminds every ${spanText(remindEvery)}`,
    continues ? 'goes on' : '',
  ]
    .filter(Boolean)
    .join(', ');

const routeColumns: readonly Column<Branch>[] = [
  { title: 'ROUTE', cell: ({ label }) => safeLine(label) },
  { title: 'RECEIVERS', cell: ({ route }) => safeLine(route.receivers.join(', ') || 'nobody'), shrinksTo: 12 },
  { title: 'WHEN', cell: ({ route }) => safeLine(route.when?.source ?? 'always'), shrinksTo: 14 },
  { title: 'RHYTHM', cell: ({ route }) => safeLine(rhythm(route)), shrinksTo: 10, expendable: true },
];

const receiverColumns: readonly Column<{ name: string; channels: readonly string[]; fallback: readonly string[] }>[] = [
  { title: 'RECEIVER', cell: ({ name }) => safeLine(name) },
  { title: 'CHANNELS', cell: ({ channels }) => safeLine(channels.join(', ')), shrinksTo: 12 },
  { title: 'FALLBACK', cell: ({ fallback }) => safeLine(fallback.join(', ') || '-'), shrinksTo: 8 },
];

const channelColumns: readonly Column<{ name: string; kind: string; concurrency: number }>[] = [
  { title: 'CHANNEL', cell: ({ name }) => safeLine(name) },
  { title: 'KIND', cell: ({ kind }) => safeLine(kind) },
  { title: 'AT ONCE', cell: ({ concurrency }) => String(concurrency) },
];

const budgetText = ({ targets, window }: Budget): string => `${targets} in ${spanText(window)}`;

const stepText = ({ responder, target, ladder }: Playbook['steps'][number]): string =>
  `${responder} ${target}${ladder.length === 0 ? '' : ` for ${ladder.map((each) => spanText(each)).join(', then ')}`}`;

const playbookColumns: readonly Column<Playbook>[] = [
  { title: 'PLAYBOOK', cell: ({ name }) => safeLine(name) },
  { title: 'MODE', cell: ({ mode }) => mode },
  { title: 'DOES', cell: ({ steps }) => safeLine(steps.map(stepText).join(' and ')), shrinksTo: 14 },
  { title: 'WHEN', cell: ({ when }) => safeLine(when.source), shrinksTo: 14 },
  { title: 'UNASKED', cell: ({ budget }) => budgetText(budget), expendable: true },
];

const responderColumns: readonly Column<ResponderSettings>[] = [
  { title: 'RESPONDER', cell: ({ name }) => safeLine(name) },
  { title: 'KIND', cell: ({ kind }) => safeLine(kind) },
  { title: 'UNASKED', cell: ({ budget }) => budgetText(budget) },
];

const section = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', ...lines]);

const counted = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

/** How much is protected: users and single addresses are persons, and are counted only. */
const protectedLine = ({ guardrails: { protect } }: Policy): string =>
  `Protected are ${counted(protect.addresses.length, 'address or range', 'addresses and ranges')}, ` +
  `${counted(protect.users.length, 'user', 'users')} and the last of ${counted(protect.groups.length, 'group', 'groups')}`;

const responsesOf = (policy: Policy, paint: Paint, terminal?: number): readonly string[] => {
  const { playbooks, responders } = policy;
  if (playbooks.length === 0) return [];
  return [
    ...section(table(playbookColumns, playbooks, paint, terminal)),
    ...section(table(responderColumns, [...responders.values()], paint, terminal)),
    ...section([protectedLine(policy)]),
  ];
};

const escalationLine = (name: string, { acknowledgeWithin, receivers, repeats }: Escalation): string =>
  safeLine(
    `${name} unacknowledged after ${spanText(acknowledgeWithin)}: ${receivers.join(', then ')}, again ${repeats} times`,
  );

/** Where a policy sends alerts: its routes as a tree, whom they tell, and how; and what it does about them. Lines that fit `terminal`, if given. */
export const policyTree = (policy: Policy, paint: Paint, terminal?: number): readonly string[] => {
  const branches = branchesOf(policy.routes);
  const escalations = severities.toReversed().flatMap((severity) => {
    const escalation = policy.escalations.get(severity);
    return escalation
      ? [paint(severityStyle(severity), '● ') + escalationLine(severityName(severity), escalation)]
      : [];
  });
  const held = [
    ...policy.maintenance.map(({ name }) => `maintenance ${name}`),
    ...policy.inhibitions.map(({ name }) => `inhibition ${name}`),
  ];
  return [
    ...(branches.length === 0
      ? ['No routes: alerts are kept, and nobody is told.']
      : table(routeColumns, branches, paint, terminal)),
    ...section(
      policy.receivers.size === 0 ? [] : table(receiverColumns, [...policy.receivers.values()], paint, terminal),
    ),
    ...section(policy.channels.size === 0 ? [] : table(channelColumns, [...policy.channels.values()], paint, terminal)),
    ...section(escalations),
    ...section(held.map((each) => safeLine(`Held back by ${each}`))),
    ...responsesOf(policy, paint, terminal),
  ];
};
