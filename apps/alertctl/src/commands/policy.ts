import { Command } from 'commander';
import { type Act } from '../act.ts';

// The channels bring their peers' libraries along, which no other command should wait for.
const actions = () => import('../policy/actions.ts');

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

/** `alertctl policy`: looks at policies, without a gateway. */
export const policyCommand = (act: Act): Command =>
  new Command('policy')
    .summary('check a policy, compare two, print the schema')
    .description('Checks a policy, compares two, or prints the schema for editors. No gateway is needed.')
    .addCommand(check(act))
    .addCommand(diff(act))
    .addCommand(schema(act))
    .addHelpText(
      'after',
      `
Examples:
  alertctl policy check policy.yaml
  alertctl policy diff policy.yaml new-policy.yaml
  alertctl policy schema > policy.schema.json`,
    );
