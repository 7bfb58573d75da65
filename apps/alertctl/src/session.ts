import { type AlertClient } from '@therapytrain/alerts-client';
import { type Style, createPaint, type Paint } from './output/paint.ts';
import { safeJson } from './output/safe-text.ts';
import { clientOptions } from './credentials.ts';
import { type Surroundings } from './surroundings.ts';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly address: string;
  readonly source: string;
  readonly insecure?: boolean;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
  /** False after `--no-color`. */
  readonly color: boolean;
}

/** One run of one command. */
export interface Session extends Surroundings {
  readonly global: GlobalOptions;
  /** For the standard output, and for the standard error stream. */
  readonly paint: Paint;
  readonly paintError: Paint;
  /** The client of the gateway; made when it is first asked for. */
  readonly client: AlertClient;
  /** Writes lines to the standard output. They must be safe. */
  print(lines: readonly string[]): Promise<void>;
  /** Writes one JSON object on a line of the standard output. */
  printJson(value: unknown): Promise<void>;
  /** Tells a person something beside the output, on the standard error stream. The text must be safe. */
  note(text: string, style?: Style): Promise<void>;
  close(): Promise<void>;
}

/** Begins a run. Nothing is connected yet. */
export const createSession = (surroundings: Surroundings, global: GlobalOptions): Session => {
  const { stdout, stderr } = surroundings;
  const paintError = createPaint(global.color && stderr.colours);
  let client: AlertClient | undefined;
  return {
    ...surroundings,
    global,
    paint: createPaint(global.color && stdout.colours),
    paintError,
    get client() {
      return (client ??= surroundings.connect(clientOptions(global)));
    },
    print: async (lines) => {
      if (lines.length > 0) await stdout.write(`${lines.join('\n')}\n`);
    },
    printJson: (value) => stdout.write(`${safeJson(value)}\n`),
    note: (text, style = 'dim') => stderr.write(`${paintError(style, text)}\n`),
    close: async () => {
      await client?.close();
    },
  };
};
