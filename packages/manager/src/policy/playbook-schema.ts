import { duration, type Millis, responseModes } from '@therapytrain/alerts-core';
import { canonicalAddress, userForm } from '@therapytrain/alerts-core/responder';
import { z } from 'zod';
import { expression, metadataKeyName, name } from './fields.ts';
import { spanText } from './difference-parts.ts';

/** The longest that anything lasts that is done unasked or approved once. */
export const longestLease: Millis = 30 * 86_400_000;

const between = (least: string, most: string) => {
  const [from, to] = [duration().parse(least), duration().parse(most)];
  return duration()
    .refine((span) => span >= from, `is shorter than ${least}`)
    .refine((span) => span <= to, `is longer than ${most}`);
};

const window = (span: string) =>
  between('1m', '30d').prefault(span).describe('… within this span, which ends whenever one more is to be acted on.');

const mostTargets = 100_000;

const budget = (targets: number) =>
  z.strictObject({
    targets: z.int().min(1).max(mostTargets).default(targets).describe('So many different addresses or users …'),
    window: window('1h'),
  });

/** One way to act, as a policy writes it. */
export const responder = z
  .looseObject({
    kind: z.string().describe('Which responder, such as block-address. Each kind has further options of its own.'),
    budget: budget(20)
      .prefault({})
      .describe('How many targets it acts on unasked. What exceeds it waits for approval, and people are told.'),
  })
  .describe('One way to act. The options of each kind are in the README of its package.');

type Report = (path: readonly PropertyKey[], message: string) => void;

const checkLadder = (given: Millis | readonly Millis[], report: Report): void => {
  const ladder = [given].flat();
  for (const [index, span] of ladder.entries()) {
    const path = Array.isArray(given) ? [index] : [];
    const before = ladder[index - 1];
    if (span < 1_000) report(path, 'is shorter than 1s');
    if (span > longestLease) report(path, `is longer than ${spanText(longestLease)}`);
    if (before !== undefined && span <= before) report(path, 'is not longer than the one before it');
  }
};

const lasting = z
  .union(
    [duration(), z.array(duration()).min(1).max(10)],
    'is neither a span such as 1h nor a list of 1 to 10 spans such as [5m, 1h, 24h]',
  )
  .superRefine((given, context) => {
    checkLadder(given, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }));
  });

const step = z
  .strictObject({
    responder: name().describe('The responder that acts.'),
    target: metadataKeyName.describe('The metadata key that holds the address or the id of the user.'),
    resource: metadataKeyName
      .optional()
      .describe('The metadata key that holds the resource, for a responder that acts on access.'),
    args: z
      .record(
        z.string(),
        z
          .union([z.string(), z.number(), z.boolean()], 'is not a text, a number, true or false')
          .describe('By its name.'),
      )
      .default({})
      .describe('What the responder is told beside that: see its kind.'),
    for: lasting
      .optional()
      .describe(
        'How long it lasts: a span, or a ladder such as [5m, 1h, 24h] for the first, the second and each further time ' +
          'within `guardrails.decay`. Needed where it can be taken back, and of no use where it cannot.',
      ),
  })
  .describe('One action.');

const playbook = z
  .strictObject({
    name: name().describe('What it is called in the audit and in metrics.'),
    when: expression().describe(
      'On which alerts, in CEL over each as it comes, with the severity of its incident. What came before is not seen: ' +
        'where it takes several, let a detection raise an alert, and match that one.',
    ),
    mode: z
      .enum(responseModes)
      .default('suggest')
      .describe(
        'How much is done unasked. observe: nothing, it is only written down. suggest: nothing, people may do it. ' +
          'approve: people are asked. enforce: it is done, but for what cannot be taken back: of that people are asked.',
      ),
    steps: z.array(step).min(1, 'has no step').max(8).describe('What is done: all of it.'),
    approvers: z
      .int()
      .min(1)
      .max(2)
      .default(1)
      .describe('How many persons must approve what is not done unasked; never who reported it.'),
    approve_within: between('1m', '7d').prefault('1h').describe('How long they have; then it is not done.'),
    budget: budget(10)
      .prefault({})
      .describe('How many targets it acts on unasked. What exceeds it waits for approval, and people are told.'),
    also_old: z
      .boolean()
      .default(false)
      .describe(
        'True: also on alerts that are older than `guardrails.fresh_for` when they come, such as imported ones.',
      ),
  })
  .describe('What is done about what matches. Every playbook that matches is followed.');

/** A playbook that keeps its schema. */
export type PlaybookSettings = z.output<typeof playbook>;

/** The playbooks of a policy, each by a name of its own. */
export const playbooks = z.array(playbook).superRefine((list, context) => {
  for (const [index, { name: own }] of list.entries()) {
    if (list.findIndex((each) => each.name === own) === index) continue;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is the name of a playbook before it' });
  }
});

const address = z
  .string()
  .refine((text) => canonicalAddress(text) !== undefined, 'is not an address or a range such as 10.0.0.0/8');

const user = z
  .string()
  .refine((id) => userForm(id) !== '', 'is empty')
  .max(256);

const group = z
  .strictObject({
    users: z.array(user).min(1, 'names nobody').describe('The ids of all who are in it.'),
    keep: z.int().min(1).default(1).describe('So many of them must stay able to sign in.'),
  })
  .superRefine(({ users, keep }, context) => {
    if (keep <= new Set(users.map(userForm)).size) return;
    context.addIssue({ code: 'custom', path: ['keep'], message: 'is more than the group has users' });
  })
  .describe('Users of whom some must always be able to sign in.');

const protect = z
  .strictObject({
    addresses: z
      .array(address)
      .default([])
      .describe(
        'Addresses and ranges: your own networks, egress, resolvers, monitoring, partners. Ranges that hold one of them ' +
          'are not acted on either.',
      ),
    users: z
      .array(user)
      .default([])
      .describe('Ids of users, whatever their case: service accounts, whoever must get in at any time.'),
    groups: z
      .record(name(), group)
      .default({})
      .describe('Groups by names of your own, such as the administrators: the last of them is never locked out.'),
    widest: z
      .strictObject({
        ipv4: z.int().min(8).max(32).default(16).describe('As a prefix length.'),
        ipv6: z.int().min(32).max(128).default(32).describe('As a prefix length.'),
      })
      .prefault({})
      .describe('The widest ranges that may be acted on.'),
  })
  .prefault({})
  .describe(
    'What is never acted on, whatever a playbook says. Loopback, link-local, multicast, broadcast and unspecified ' +
      'addresses never are in any case.',
  );

/** What holds for every playbook, as a policy writes it. */
export const guardrails = z.strictObject({
  protect,
  budget: budget(50)
    .prefault({})
    .describe(
      'How many targets all playbooks act on unasked. What exceeds it waits for approval, and people are told.',
    ),
  weaponised: z
    .strictObject({
      users: z.int().min(1).max(mostTargets).default(5).describe('More different users than this …'),
      window: window('10m'),
    })
    .prefault({})
    .describe(
      'Where one address or reporter causes responses against more users than this, the users are left alone and the ' +
        'address is acted on.',
    ),
  grace: between('0s', '30d')
    .prefault('24h')
    .describe('After a person took something back, it is not done again to the same target for so long.'),
  decay: between('1m', '90d')
    .prefault('7d')
    .describe('A target that was left alone for so long begins at the first rung of a ladder again.'),
  fresh_for: between('1m', '30d')
    .prefault('15m')
    .describe('Alerts that are older when they come cause no response, unless the playbook says `also_old`.'),
  wide_needs_approval: z
    .boolean()
    .default(true)
    .describe(
      'True: a range of addresses, even a small one, is acted on only when two persons approved it, whatever a playbook ' +
        'says: one alert may not lock out a network. Single addresses are not concerned.',
    ),
});
