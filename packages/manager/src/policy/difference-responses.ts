import type { Millis, ResponseMode } from '@therapytrain/alerts-core';
import { responseModes } from '@therapytrain/alerts-core';
import { overlap, readRange } from '@therapytrain/alerts-core/responder';
import { compared, named, type PolicyChange, spanText } from './difference-parts.ts';
import type { Budget, Guardrails, Playbook, PlaybookStep, ProtectedGroup, ResponderSettings } from './playbook.ts';
import type { Policy } from './policy.ts';

const tell = (kind: PolicyChange['kind'], text: string): PolicyChange => ({ kind, text });

/** What it does now, and what it did. */
const words: Readonly<Record<ResponseMode, readonly [now: string, before: string]>> = {
  observe: ['only observes', 'only observed'],
  suggest: ['suggests', 'suggested'],
  approve: ['asks', 'asked'],
  enforce: ['enforces', 'enforced'],
};

const rank = (mode: ResponseMode): number => responseModes.indexOf(mode);

const budgetText = ({ targets, window }: Budget): string => `${targets} in ${spanText(window)}`;

// More targets, or as many in less time, is more that can go wrong.
const ofBudget = (what: string, old: Budget, now: Budget): readonly PolicyChange[] => {
  if (budgetText(old) === budgetText(now)) return [];
  const isTighter = now.targets <= old.targets && now.window >= old.window;
  return [tell(isTighter ? 'changed' : 'doubtful', `${what} ${budgetText(now)}, not ${budgetText(old)}`)];
};

const ladderText = ({ ladder }: PlaybookStep): string => ladder.map((each) => spanText(each)).join(', then ') || 'ever';

/** Steps by what they do to what; of several that do the same, the last. */
const stepsOf = ({ steps }: Playbook): ReadonlyMap<string, PlaybookStep> =>
  new Map(
    steps.map((each) => [
      `${each.responder} on ${each.target}${each.resource === undefined ? '' : ` and ${each.resource}`}`,
      each,
    ]),
  );

const ofSteps = (name: string, old: Playbook, now: Playbook): readonly PolicyChange[] =>
  compared(stepsOf(old), stepsOf(now), (what, was, is) => {
    if (!is) return [tell('doubtful', `the playbook ${name} no longer has ${what}`)];
    if (!was) return [tell(is.mode === 'enforce' ? 'doubtful' : 'gained', `the playbook ${name} also has ${what}`)];
    const [before, after] = [ladderText(was), ladderText(is)];
    return [
      ...(before === after
        ? []
        : [tell('changed', `the playbook ${name} has ${what} for ${after}, not for ${before}`)]),
      ...(JSON.stringify(was.args) === JSON.stringify(is.args)
        ? []
        : [tell('changed', `the playbook ${name} has ${what} with other arguments`)]),
    ];
  });

const ofApproval = (name: string, old: Playbook, now: Playbook): readonly PolicyChange[] => [
  ...(old.approvers === now.approvers
    ? []
    : [
        tell(
          now.approvers < old.approvers ? 'doubtful' : 'changed',
          `the playbook ${name} is approved by ${now.approvers}, not by ${old.approvers}`,
        ),
      ]),
  ...(old.approveWithin === now.approveWithin
    ? []
    : [
        tell(
          'changed',
          `the playbook ${name} is approved within ${spanText(now.approveWithin)}, not ${spanText(old.approveWithin)}`,
        ),
      ]),
];

const ofPlaybook = (name: string, old?: Playbook, now?: Playbook): readonly PolicyChange[] => {
  if (!now) return [tell('lost', `the playbook ${name} is gone`)];
  const does = words[now.mode][0];
  if (!old) {
    return [tell(now.mode === 'enforce' ? 'doubtful' : 'gained', `the playbook ${name} is new: it ${does}`)];
  }
  const touchesEnforce = rank(old.mode) < rank(now.mode) ? now.mode === 'enforce' : old.mode === 'enforce';
  return [
    ...(old.mode === now.mode
      ? []
      : [
          tell(
            touchesEnforce ? 'doubtful' : 'changed',
            `the playbook ${name} now ${does}, where it ${words[old.mode][1]}`,
          ),
        ]),
    ...(old.when.source === now.when.source ? [] : [tell('doubtful', `the playbook ${name} has another condition`)]),
    ...(old.alsoOld === now.alsoOld
      ? []
      : [
          tell(
            now.alsoOld ? 'doubtful' : 'changed',
            `the playbook ${name} ${now.alsoOld ? 'also acts' : 'no longer acts'} on old alerts`,
          ),
        ]),
    ...ofSteps(name, old, now),
    ...ofApproval(name, old, now),
    ...ofBudget(`the playbook ${name} acts on`, old.budget, now.budget),
  ];
};

const ofResponder = (name: string, old?: ResponderSettings, now?: ResponderSettings): readonly PolicyChange[] => {
  if (!now) return [tell('changed', `the responder ${name} is gone`)];
  if (!old) return [tell('changed', `the responder ${name} is new`)];
  if (old.kind !== now.kind) return [tell('doubtful', `the responder ${name} is of kind ${now.kind}, not ${old.kind}`)];
  const same = JSON.stringify(old.options) === JSON.stringify(now.options);
  return [
    ...(same ? [] : [tell('doubtful', `the responder ${name} has other options`)]),
    ...ofBudget(`the responder ${name} acts on`, old.budget, now.budget),
  ];
};

const counted = (count: number, what: string): string =>
  count === 1 ? `1 ${what} is` : `${count} ${what}${what.endsWith('s') ? 'es' : 's'} are`;

// That a listed range overlaps it is not enough: a range is protected where one holds all of it.
const holds = (outer: string, inner: string): boolean => {
  const [wide, narrow] = [readRange(outer), readRange(inner)];
  return wide !== undefined && narrow !== undefined && wide.bits <= narrow.bits && overlap(wide, narrow);
};

// A range is the deployment's own; a single address or a user may be a person, and is counted.
const ofProtected = (from: Guardrails, to: Guardrails, kind: PolicyChange['kind'], say: string) => {
  const addresses = from.protect.addresses.filter((own) => !to.protect.addresses.some((other) => holds(other, own)));
  const [ranges, single] = [true, false].map((is) => addresses.filter((each) => each.includes('/') === is));
  const users = from.protect.users.filter((value) => to.protects({ kind: 'user', value, resource: '' }) === undefined);
  return [
    ...(ranges ?? []).map((each) => tell(kind, `the range ${each} is ${say}`)),
    ...(single?.length ? [tell(kind, `${counted(single.length, 'address')} ${say}`)] : []),
    ...(users.length > 0 ? [tell(kind, `${counted(users.length, 'user')} ${say}`)] : []),
  ];
};

const ofGroup = (name: string, old?: ProtectedGroup, now?: ProtectedGroup): readonly PolicyChange[] => {
  if (!now) return [tell('lost', `the last of the group ${name} are no longer protected`)];
  if (!old) return [tell('gained', `the last ${now.keep} of the group ${name} are protected`)];
  const same = JSON.stringify(old.users.toSorted()) === JSON.stringify(now.users.toSorted());
  return [
    ...(same ? [] : [tell('doubtful', `the group ${name} has other users`)]),
    ...(old.keep === now.keep
      ? []
      : [
          tell(
            now.keep < old.keep ? 'doubtful' : 'changed',
            `of the group ${name} ${now.keep} must be left, not ${old.keep}`,
          ),
        ]),
  ];
};

const ofSpan = (what: string, old: Millis, now: Millis, doubtful: boolean): readonly PolicyChange[] =>
  old === now ? [] : [tell(doubtful ? 'doubtful' : 'changed', `${what} ${spanText(now)}, not ${spanText(old)}`)];

const ofWidest = ({ protect: old }: Guardrails, { protect: now }: Guardrails): readonly PolicyChange[] =>
  (['ipv4', 'ipv6'] as const)
    .filter((family) => old.widest[family] !== now.widest[family])
    .map((family) =>
      tell(
        now.widest[family] < old.widest[family] ? 'doubtful' : 'changed',
        `ranges of ${family} are acted on up to /${now.widest[family]}, not up to /${old.widest[family]}`,
      ),
    );

const groupsOf = ({ protect }: Guardrails): ReadonlyMap<string, ProtectedGroup> =>
  new Map(protect.groups.map((each) => [each.group, each]));

const ofGuardrails = (old: Guardrails, now: Guardrails): readonly PolicyChange[] => [
  ...ofProtected(old, now, 'lost', 'no longer protected'),
  ...ofProtected(now, old, 'gained', 'protected now'),
  ...compared(groupsOf(old), groupsOf(now), ofGroup),
  ...ofWidest(old, now),
  ...ofBudget('all playbooks together act on', old.budget, now.budget),
  ...ofBudget('responses are taken for an attack by themselves above', old.weaponised, now.weaponised),
  ...ofSpan('what a person took back is left alone for', old.grace, now.grace, now.grace < old.grace),
  ...ofSpan('a ladder begins anew after', old.decay, now.decay, false),
  ...ofSpan('alerts cause responses for', old.freshFor, now.freshFor, now.freshFor > old.freshFor),
  ...(old.wideNeedsApproval === now.wideNeedsApproval
    ? []
    : [
        now.wideNeedsApproval
          ? tell('changed', 'ranges of addresses are acted on only when two persons approved it')
          : tell('doubtful', 'ranges of addresses are acted on without two persons who approve it'),
      ]),
];

/** What differs in playbooks, responders and guardrails. Users and single addresses are counted, not named. */
export const differencesOfResponses = (before: Policy, after: Policy): readonly PolicyChange[] => [
  ...ofGuardrails(before.guardrails, after.guardrails),
  ...compared(named(before.playbooks), named(after.playbooks), ofPlaybook),
  ...compared(before.responders, after.responders, ofResponder),
];
