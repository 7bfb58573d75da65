import { hostname } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { systemRandom } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { countArgument } from '../arguments.ts';
import { ExitCode } from '../exit-code.ts';
import { safeLine } from '../output/safe-text.ts';
import { shellWord } from '../output/shell.ts';
import { type Session } from '../session.ts';

interface Options {
  readonly host?: readonly string[];
  readonly days: number;
}

const lines = (directory: string): readonly string[] => {
  const at = (name: string): string => shellWord(join(directory, name));
  return [
    'Next:',
    `  alert-gateway --listen 0.0.0.0:50051 --data ${at('data')} --policy ${at('policy.yaml')} \\`,
    `    --identities ${at('identities.yaml')} --client-ca ${at('tls/ca.crt')} \\`,
    `    --tls-cert ${at('tls/server.crt')} --tls-key ${at('tls/server.key')}`,
    `  export ALERTS_ADDRESS=localhost:50051 ALERTS_TLS_CA=${at('tls/ca.crt')} ALERTS_TOKEN_FILE=${at('admin.token')}`,
    '  alertctl whoami',
  ];
};

const init = async (session: Session, directory: string, { host = [], days }: Options): Promise<ExitCode> => {
  // Only here: what makes certificates takes longer to load than all the rest.
  const { writeInitFiles } = await import('../init/files.ts');
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', hostname().toLowerCase(), ...host])];
  const files = await writeInitFiles({ directory, hosts, days, now: session.clock.now(), random: systemRandom });
  if (session.global.json) {
    await session.printJson({ directory, files, hosts });
    return ExitCode.OK;
  }
  await session.print([
    `Wrote to ${safeLine(directory)}: ${files.join(', ')}.`,
    'Keep tls/ca.key apart: whoever has it can make certificates of anybody.',
    ...lines(directory),
  ]);
  return ExitCode.OK;
};

const collect = (host: string, before: readonly string[] = []): readonly string[] => [...before, host];

/** `alertctl init`: all that a gateway needs to be reached by others. */
export const initCommand = (act: Act): Command =>
  new Command('init')
    .summary('make certificates, a token and files for a first gateway')
    .description(
      'Makes an authority of your own, certificates of the gateway, of an admin and of a reporter, a token of the admin, ' +
        'an identities file and a policy to begin with, and says what to do next. Overwrites nothing.',
    )
    .argument('<directory>', 'where to; made if missing')
    .option('--host <name>', 'a host name or address by which the gateway is reached; may be given again', collect)
    .option('--days <number>', 'how long certificates and token are good for', countArgument(1, 3_650), 365)
    .addHelpText(
      'after',
      `
Examples:
  alertctl init ./alerts
  alertctl init /etc/alerts --host alerts.clinic.example --days 90`,
    )
    .action(act(init));
