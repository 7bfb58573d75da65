import type { handleUnaryCall, Metadata, MethodDefinition } from '@grpc/grpc-js';
import type { Deadlines } from '../deadlines.ts';
import type { Instant, Principal } from '@therapytrain/alerts-core';
import type { View } from '../identity/view.ts';
import { callerOf } from './caller.ts';
import { asAlertError, statusOf } from './status.ts';

/** Who asks, and what it may read. */
export interface Asker {
  readonly principal: Principal;
  readonly view: View;
  /** When what the principal proved it with ends; undefined where that has no end. */
  readonly expiresAt: Instant | undefined;
}

/** Answers one message of a caller with another, or rejects; both encoded. `source` is the name of the principal. */
export type Handle = (message: Buffer, source: string, asker: Asker) => Promise<Buffer>;

/** What stands between grpc-js and the handlers of calls that are answered once. */
export interface UnaryParts {
  /** Bounds how long an answer may take. */
  readonly deadlines: Deadlines;
  /** The initial metadata that tells a client which version it speaks to. */
  readonly greet: () => Metadata;
  readonly views: (principal: Principal) => View;
  /** Told of what should not happen. */
  readonly onDefect: (thrown: unknown) => void;
}

/** Makes a handler of ours one of grpc-js: knows the caller, keeps the deadline, makes a status of what is thrown. */
export type Unary = (handle: Handle, greets?: boolean) => handleUnaryCall<Buffer, Buffer>;

/** Makes the binder of handlers. */
export const createUnary = ({ deadlines, greet, views, onDefect }: UnaryParts): Unary => {
  const refuse = (thrown: unknown) => statusOf(asAlertError(thrown, onDefect));
  return (handle, greets = false) =>
    (call, callback) => {
      let asker: Asker;
      try {
        const { principal, expiresAt } = callerOf(call.metadata);
        asker = { principal, expiresAt, view: views(principal) };
      } catch (error) {
        return callback(refuse(error));
      }
      if (greets) call.sendMetadata(greet());
      const end = deadlines.begin((error) => callback(refuse(error)));
      handle(call.request, asker.principal.name, asker).then(
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
