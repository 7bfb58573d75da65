import type { handleUnaryCall, Metadata, MethodDefinition } from '@grpc/grpc-js';
import type { Deadlines } from '../deadlines.ts';
import { callerOf } from './caller.ts';
import { asAlertError, statusOf } from './status.ts';

/** Answers one message of a caller with another, or rejects; both encoded. */
export type Handle = (message: Buffer, source: string) => Promise<Buffer>;

/** What stands between grpc-js and the handlers of calls that are answered once. */
export interface UnaryParts {
  /** Bounds how long an answer may take. */
  readonly deadlines: Deadlines;
  /** The initial metadata that tells a client which version it speaks to. */
  readonly greet: () => Metadata;
  /** Told of what should not happen. */
  readonly onDefect: (thrown: unknown) => void;
}

/** Makes a handler of ours one of grpc-js: knows the caller, keeps the deadline, makes a status of what is thrown. */
export type Unary = (handle: Handle, greets?: boolean) => handleUnaryCall<Buffer, Buffer>;

/** Makes the binder of handlers. */
export const createUnary = ({ deadlines, greet, onDefect }: UnaryParts): Unary => {
  const refuse = (thrown: unknown) => statusOf(asAlertError(thrown, onDefect));
  return (handle, greets = false) =>
    (call, callback) => {
      let source: string;
      try {
        source = callerOf(call.metadata);
      } catch (error) {
        return callback(refuse(error));
      }
      if (greets) call.sendMetadata(greet());
      const end = deadlines.begin((error) => callback(refuse(error)));
      handle(call.request, source).then(
        (response) => end() && callback(null, response),
        (error: unknown) => end() && callback(refuse(error)),
      );
    };
};

const identity = (bytes: Buffer): Buffer => bytes;

/** The bytes go through as they are: decoding is strict and ours, and what is kept is what is sent. */
export const bytesOnly = <T extends { path: string; requestStream: boolean; responseStream: boolean }>(
  method: T,
): MethodDefinition<Buffer, Buffer> => ({
  path: method.path,
  requestStream: method.requestStream,
  responseStream: method.responseStream,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});
