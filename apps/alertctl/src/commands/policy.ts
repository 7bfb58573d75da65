import { Command } from 'commander';
import { type Act } from '../act.ts';
import { type ReloadPolicyOptions } from '../policy/remote.ts';

// The channels bring their peers' libraries along, which no other command should wait for.
const actions = () => import('../policy/actions.ts');

const remote = () => import('../policy/remote.ts');

const check = (act: Act): Command =>
  new Command('check')
    .summary('say what is wrong with a policy')
    .description(
      'Says everything that is wrong (a fault) or probably not meant (a lint) in a policy, with line, column and what ' +
        'to write instead. Ends with 1 if there is a fault. No gateway is asked.',
    )
    .argument('<file>', 'the policy, in YAML')
    .option('--without-secrets', 'do not look for the environment variables and files that hold secrets')
    .addHelpText(
      'after',
      `
Examples:
  alertctl policy check policy.yaml
  alertctl policy check policy.yaml --without-secrets        # in CI, where there are none
  alertctl policy check policy.yaml --json | jq '.lints[].rule'`,
    )
    .action(
      act(async (session, file: string, options: { readonly withoutSecrets?: boolean }) =>
        (await actions()).checkPolicy(session, file, options),
      ),
    );

const diff = (act: Act): Command =>
  new Command('diff')
    .summary('say what a policy does otherwise than another')
    .description(
      'Says in sentences what a new policy does otherwise: what is lost first, then what may be (doubtful), what is ' +
        'gained, and what else changed. No gateway is asked, and secrets are not looked for.',
    )
    .argument('<old>', 'the policy before')
    .argument('<new>', 'the policy after')
    .addHelpText(
      'after',
      `
Examples:
  alertctl policy diff policy.yaml new-policy.yaml
  alertctl policy diff policy.yaml new-policy.yaml --json | jq -e '[.changes[] | select(.kind == "lost")] == []'`,
    )
    .action(
      act(async (session, before: string, after: string) => (await actions()).diffPolicies(session, before, after)),
    );

const schema = (act: Act): Command =>
  new Command('schema')
    .summary('print the JSON schema of a policy')
    .description('Prints the JSON schema of a policy, with which an editor completes and checks it.')
    .addHelpText(
      'after',
      `
Examples:
  alertctl policy schema > policy.schema.json
  # then, as the first line of the policy:  # yaml-language-server: $schema=policy.schema.json`,
    )
    .action(act(async (session) => (await actions()).printPolicySchema(session)));

const show = (act: Act): Command =>
  new Command('show')
    .summary('show the policy in force in the gateway')
    .description(
      'Shows which policy is in force in the gateway, since when, and what was refused since: routes as a tree, whom ' +
        'they tell and how. Secrets are never told; with --yaml the policy as it was read, without its comments.',
    )
    .option('--yaml', 'print it as YAML')
    .addHelpText(
      'after',
      `
Examples:
  alertctl policy show
  alertctl policy show --yaml > in-force.yaml && alertctl policy diff in-force.yaml new-policy.yaml
  alertctl policy show --json | jq -e '.refused == null'`,
    )
    .action(
      act(async (session, options: { readonly yaml?: boolean }) => (await remote()).showPolicy(session, options)),
    );

const reload = (act: Act): Command =>
  new Command('reload')
    .summary('have the gateway read its policy again')
    .description(
      'Has the gateway read its own policy file again, and says what is different. A bad file leaves the policy in ' +
        'force as it was. Where some alerts would no longer reach somebody it asks first; where nobody can be asked it ' +
        'ends with 1, unless --accept-lost-coverage is given. Deliveries and timers go on; nothing is sent again.',
    )
    .option('--accept-lost-coverage', 'some alerts may no longer reach somebody; it is noted who accepted it')
    .option('--expect <version>', 'only if the file is this version (alertctl policy check says it)')
    .option('--dry-run', 'say what would be different, and change nothing')
    .addHelpText(
      'after',
      `
Examples:
  alertctl policy reload --dry-run
  alertctl policy reload
  alertctl policy reload --accept-lost-coverage --expect 3f2a91c0de12`,
    )
    .action(act(async (session, options: ReloadPolicyOptions) => (await remote()).reloadPolicy(session, options)));

const test = (act: Act): Command =>
  new Command('test')
    .summary('try a policy on alerts, in CI')
    .description(
      'Runs cases: alerts in, and who must be told, through which channels, what must hold them back. The code that ' +
        'plans in the gateway plans here. Ends with 1 if a case fails or a file has a fault, with 2 if one cannot be ' +
        'read. No gateway is asked, and secrets are not looked for.',
    )
    .argument('<files...>', 'cases in YAML; each names its policy')
    .option('--policy <file>', 'try this policy in place of those that the cases name')
    .addHelpText(
      'after',
      `
A file of cases:
  policy: ../policy.yaml
  cases:
    - name: CRITICAL wakes whoever is on call
      alerts:
        - { type: UNUSUAL_ACCESS, severity: CRITICAL, metadata: { userId: u-17 }, at: +30s }
      expect: { receivers: [on-call], channels: [pager, chat], suppressed_by: null, incident: { alerts: 1 } }

Examples:
  alertctl policy test tests/*.yaml
  alertctl policy test tests/*.yaml --json | jq 'select(.passed | not)'`,
    )
    .action(
      act(async (session, files: string[], options: { readonly policy?: string }) =>
        (await import('../policy/test.ts')).testPolicies(session, files, options),
      ),
    );

/** `alertctl policy`: looks at policies, and at the one in force. */
export const policyCommand = (act: Act): Command =>
  new Command('policy')
    .summary('check and test a policy, show and reload the one in force')
    .description(
      'Checks a policy, tries it on alerts, compares two, or prints the schema for editors, all without a gateway; shows ' +
        'the policy that is in force in a gateway, or has it read again.',
    )
    .addCommand(check(act))
    .addCommand(test(act))
    .addCommand(diff(act))
    .addCommand(show(act))
    .addCommand(reload(act))
    .addCommand(schema(act))
    .addHelpText(
      'after',
      `
Examples:
  alertctl policy check policy.yaml
  alertctl policy test tests/*.yaml
  alertctl policy reload --dry-run
  alertctl policy show`,
    );
