import { type Command, Option } from 'commander';
import { sourceArgument } from './arguments.ts';

/** Where a gateway listens if it is not told otherwise. */
export const defaultAddress = '127.0.0.1:50051';

/** Adds the options that every command takes. */
export const addGlobalOptions = (program: Command): Command =>
  program
    .addOption(
      new Option('--address <host:port>', "the gateway's address").env('ALERTS_ADDRESS').default(defaultAddress),
    )
    .addOption(
      new Option('--source <name>', 'as whom to report')
        .env('ALERTS_SOURCE')
        .default('alertctl')
        .argParser(sourceArgument),
    )
    .addOption(
      new Option('--token-file <file>', 'prove who you are with the token in this file').env('ALERTS_TOKEN_FILE'),
    )
    .addOption(
      new Option('--tls-ca <file>', "encrypt, and trust these authorities of the gateway's certificate").env(
        'ALERTS_TLS_CA',
      ),
    )
    .addOption(new Option('--tls-cert <file>', 'prove who you are with this certificate').env('ALERTS_TLS_CERT'))
    .addOption(new Option('--tls-key <file>', 'the key of the certificate').env('ALERTS_TLS_KEY'))
    .option('--tls', 'encrypt, and trust the authorities that Node trusts')
    .option('--insecure', 'talk to another machine without encryption')
    .option('--json', 'print JSON, one object a line; errors too')
    .option('--no-color', 'print no colours (NO_COLOR does the same)');
