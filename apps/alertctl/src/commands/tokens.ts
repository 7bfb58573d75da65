import { Command, InvalidArgumentError, Option } from 'commander';
import { type Millis, type Scope, scopes } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { durationArgument, sourceArgument } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';
import { safeLine } from '../output/safe-text.ts';
import { tokenJson, tokenTable } from '../output/tokens.ts';
import { type Session } from '../session.ts';

interface CreateOptions {
  readonly scope: readonly Scope[];
  readonly for: Millis;
  readonly when?: string;
}

const create = async (session: Session, principal: string, options: CreateOptions): Promise<ExitCode> => {
  const { scope, for: length, when } = options;
  const expiresAt = session.clock.now() + length;
  const { token, text } = await session.client.identity.createToken({ principal, scopes: scope, when, expiresAt });
  if (session.global.json) await session.printJson({ ...tokenJson(token), text });
  else {
    await session.note('It is shown this once; the gateway keeps a digest only.');
    await session.print([safeLine(text)]);
  }
  return ExitCode.OK;
};

const list = async (session: Session): Promise<ExitCode> => {
  const tokens = await session.client.identity.listTokens();
  if (session.global.json) for (const token of tokens) await session.printJson(tokenJson(token));
  else if (tokens.length === 0) await session.note('No token was made here yet.');
  else await session.print(tokenTable(tokens, session.clock.now(), session.paint, session.stdout.columns));
  return ExitCode.OK;
};

const revoke = async (session: Session, id: string, { yes }: { readonly yes?: boolean }): Promise<ExitCode> => {
  const question = `Whoever uses the token ${safeLine(id)} is locked out at once. Revoke it?`;
  if (!(await confirm(session, question, yes))) return ExitCode.REFUSED;
  const token = await session.client.identity.revokeToken(id);
  if (session.global.json) await session.printJson(tokenJson(token));
  else await session.print([`${safeLine(token.id)} of ${safeLine(token.principal)} is revoked.`]);
  return ExitCode.OK;
};

const scopeArgument = (text: string, before: readonly Scope[] = []): readonly Scope[] => {
  const scope = scopes.find((each) => each === text);
  if (scope === undefined) throw new InvalidArgumentError(`It must be one of ${scopes.join(', ')}.`);
  return before.includes(scope) ? before : [...before, scope];
};

const tokenIdArgument = (text: string): string => {
  if (/^[0-9A-Za-z]{11}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the id of a token, its second part: alertctl tokens list shows them.');
};

/** `alertctl tokens`: by what callers prove who they are. */
export const tokensCommand = (act: Act): Command => {
  const group = new Command('tokens')
    .summary('make and revoke tokens')
    .description('A token proves who its holder is. Each has a principal, scopes and an end. Needs the scope admin.')
    .addHelpText('after', details);
  group
    .command('create')
    .summary('make a token and show it once')
    .description('Makes a token and writes it to the standard output. It cannot be shown again.')
    .argument('<principal>', 'as whom its holder calls: the source of its alerts', sourceArgument)
    .addOption(
      new Option('--scope <scope>', `what it may do; may be given again: ${scopes.join(', ')}`)
        .argParser(scopeArgument)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--for <span>', 'how long it is good for, e.g. 90d').argParser(durationArgument).makeOptionMandatory(),
    )
    .option('--when <condition>', 'CEL over type and source: only such alerts are reported and read')
    .action(act(create));
  group
    .command('list')
    .summary('list tokens, newest first')
    .description('Lists tokens, newest first, without the tokens themselves. With --json one a line.')
    .action(act(list));
  group
    .command('revoke')
    .summary('end a token now')
    .description(
      'Ends a token now: no call begins with it, and open streams end within 5 s. Asks, unless there is --yes.',
    )
    .argument('<id>', 'the id of the token', tokenIdArgument)
    .option('--yes', 'do not ask')
    .action(act(revoke));
  return group;
};

const details = `
Examples:
  alertctl tokens create ward-7 --scope alerts.write --for 90d > ward-7.token
  alertctl tokens create dashboard --scope alerts.read --for 30d --when 'type == "SYSTEM_HEALTH"'
  alertctl tokens revoke 4fGhT0pQx1Z`;
