import { type Client, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import { openGateway, type TestGateway } from '../support.ts';
import { type Answer, answerOf } from './refusal.ts';
import { createSmallDesk, type DeskContents } from './small-desk.ts';

/** A gateway on a small desk. */
export interface DeskGateway extends TestGateway {
  readonly has: DeskContents;
}

/** Starts one that ends with the test, or with the file. */
export const openDeskGateway = async (
  contents: Partial<DeskContents> = {},
  when: 'each' | 'all' = 'each',
): Promise<DeskGateway> => {
  const { desk, has } = createSmallDesk(contents);
  return { ...(await openGateway({ inMemory: true, desk }, when)), has };
};

/** Calls a method of the contract as somebody. */
export const call = <Q, R>(
  client: Client,
  method: MethodDefinition<Q, R>,
  request: Q,
  source = 'alice',
): Promise<Answer<R>> => {
  const metadata = new Metadata();
  metadata.set('alerts-source', source);
  const { path, requestSerialize, responseDeserialize } = method;
  return answerOf((done) =>
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, done),
  );
};

/** The response of a call that must be answered. */
export const answered = async <R>(calling: Promise<Answer<R>>): Promise<R> => {
  const { response, refusal } = await calling;
  if (refusal) throw new Error(`${refusal.reason}: ${refusal.message}`);
  return response;
};
