import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readSigner, replaceDurably, signatureTypes } from '@therapytrain/alerts-audit';
import { readKey } from '@therapytrain/alerts-audit-verifier';
import { ExitCode } from '../exit-code.ts';
import { UsageError } from '../output/fault.ts';
import type { Session } from '../session.ts';
import type { SeenLogs } from './trust.ts';
import { createWitness, type Witness } from './witness.ts';

/** How a witness is started. */
export interface ServeWitnessOptions {
  readonly key: string;
  readonly state: string;
  readonly new?: boolean;
  readonly log: readonly string[];
  readonly listen: { readonly host: string; readonly port: number };
}

const longestBody = 64 * 1024;
const patience = 10_000;
const path = '/add-checkpoint';

const readState = async (file: string, isNew: boolean): Promise<SeenLogs> => {
  try {
    const state = JSON.parse(await readFile(file, 'utf8')) as SeenLogs;
    if (isNew) throw new UsageError('the file of the witness is there already: leave --new out');
    return state;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (isNew) return { logs: {} };
    throw new UsageError(
      'the file of the witness is not there: one that has forgotten what it saw is retired, with its key. --new begins one',
    );
  }
};

const createKeep =
  (file: string) =>
  (seen: SeenLogs): Promise<void> =>
    replaceDurably(file, Buffer.from(`${JSON.stringify(seen)}\n`));

const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > longestBody) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
};

const respond = async (request: IncomingMessage, response: ServerResponse, witness: Witness): Promise<void> => {
  const end = (status: number, type: string, body: string): void =>
    void response.writeHead(status, { 'content-type': type }).end(body);
  if (request.url !== path) return end(404, 'text/plain', 'there is only /add-checkpoint\n');
  if (request.method !== 'POST') return end(405, 'text/plain', 'it must be a POST\n');
  const body = await readBody(request);
  if (body === undefined) return end(413, 'text/plain', 'the request is too large\n');
  const answer = await witness.add(body);
  end(answer.status, answer.type, answer.body);
};

/** Serves a witness until it is interrupted. */
export const serveWitness = async (session: Session, options: ServeWitnessOptions): Promise<ExitCode> => {
  const key = readSigner(await readFile(options.key, 'utf8'));
  if (key.type !== signatureTypes.cosignature) throw new UsageError('the key is not that of a witness');
  const logs = options.log.map((each) => readKey(each));
  const seen = await readState(options.state, options.new === true);
  const keep = createKeep(options.state);
  // A file that cannot be written is told before anything is promised.
  await keep(seen);
  const witness = createWitness({ key, logs, seen, keep, clock: session.clock });
  const server = createServer({ requestTimeout: patience, headersTimeout: patience }, (request, response) => {
    respond(request, response, witness).catch(() => response.destroy());
  });
  server.listen(options.listen.port, options.listen.host);
  await once(server, 'listening');
  const at = server.address();
  const port = typeof at === 'object' && at ? at.port : options.listen.port;
  await session.print([`${key.vkey}`, `http://${options.listen.host}:${port}`]);
  if (!session.signal.aborted) await once(session.signal, 'abort');
  server.closeAllConnections();
  server.close();
  return ExitCode.OK;
};
