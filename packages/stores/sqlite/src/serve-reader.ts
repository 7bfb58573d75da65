import type { MessagePort } from 'node:worker_threads';
import { messageOf } from './faults.ts';
import type { ReaderReply, ReaderRequest, ThreadOptions } from './messages.ts';
import { openReader, type Question, type Reader } from './reader.ts';

/** Answers the questions that come in through the port, until it is told to close. */
export const serveReader = (port: MessagePort, { database }: ThreadOptions): void => {
  let reader: Reader | undefined;
  const answer = (question: Question): ReaderReply => {
    try {
      reader ??= openReader(database);
      return reader.answer(question);
    } catch (error) {
      return { kind: 'failed', message: messageOf(error) };
    }
  };
  port.on('message', (request: ReaderRequest) => {
    if (request.kind === 'close') {
      reader?.close();
      return port.close();
    }
    const reply = answer(request);
    port.postMessage(reply, reply.kind === 'rows' ? [reply.buffer, reply.sequences.buffer, reply.lengths.buffer] : []);
  });
};
