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
    .option('--insecure', 'talk to another machine without encryption')
    .option('--json', 'print JSON, one object a line; errors too')
    .option('--no-color', 'print no colours (NO_COLOR does the same)');
