import { PassThrough, Readable } from 'node:stream';
import { testPorts } from '@therapytrain/alerts-testkit';
import { createSink } from '../../src/output/sink.ts';
import { type Surroundings } from '../../src/surroundings.ts';

/** The surroundings of a command that needs no gateway, with what it wrote. */
export const testSurroundings = () => {
  const written = { out: '', error: '' };
  const into = (name: keyof typeof written): PassThrough =>
    new PassThrough().on('data', (chunk: Buffer) => (written[name] += chunk.toString()));
  const { clock, ids } = testPorts();
  const surroundings: Surroundings = {
    version: '1.2.3',
    environment: {},
    stdin: Readable.from([]),
    stdout: createSink(into('out'), {}),
    stderr: createSink(into('error'), {}),
    clock,
    ids,
    signal: new AbortController().signal,
    connect: () => {
      throw new Error('this command needs no gateway');
    },
  };
  return { surroundings, written };
};
