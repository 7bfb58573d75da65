import type { MessagePort } from 'node:worker_threads';
import { messageOf } from './faults.ts';
import type { Question, ReaderReply, ReaderRequest, ThreadOptions } from './messages.ts';
import { openReader, type Reader } from './reader.ts';

// Answers that come to more go in several messages.
const mostBytes = 256 * 1024;

const buffersOf = (replies: readonly ReaderReply[]): ArrayBuffer[] =>
  replies.flatMap((reply) =>
    reply.kind === 'rows' ? [reply.buffer, reply.sequences.buffer, reply.lengths.buffer] : [],
  );

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
  // Large answers go on their own way at once, so that they are not all in memory here.
  const answerAll = (questions: readonly Question[]): void => {
    let replies: ReaderReply[] = [];
    let bytes = 0;
    const send = (): void => {
      if (replies.length > 0) port.postMessage(replies, buffersOf(replies));
      replies = [];
      bytes = 0;
    };
    for (const question of questions) {
      const reply = answer(question);
      replies.push(reply);
      bytes += reply.kind === 'rows' ? reply.buffer.byteLength : 0;
      if (bytes > mostBytes) send();
    }
    send();
  };
  port.on('message', (request: ReaderRequest) => {
    if (!('kind' in request)) return answerAll(request);
    reader?.close();
    port.close();
  });
};
