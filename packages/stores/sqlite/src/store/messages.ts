import type { AlertErrorCode } from '@therapytrain/alerts-core';
import type { Failed, Fault, Refused } from '../messages.ts';
import type { Writes } from './database.ts';
import type { Questions } from './questions.ts';

/** All that the store's thread can be asked. */
export type Operations = Questions & Writes;

/** What the store's thread is started with. */
export interface StoreThreadOptions {
  readonly database: string;
}

/** One call, with a number that its answer bears too. */
export interface Call {
  readonly number: number;
  readonly name: keyof Operations;
  readonly args: readonly unknown[];
}

/** What became of a call. */
export type Answer =
  | { readonly number: number; readonly kind: 'result'; readonly result: unknown }
  /** What the store holds forbids it. */
  | { readonly number: number; readonly kind: 'refusal'; readonly code: AlertErrorCode; readonly message: string }
  | {
      readonly number: number;
      readonly kind: 'fault';
      readonly of: 'read' | 'write';
      readonly fault: Fault;
      readonly message: string;
    };

/** What the store's thread is sent: calls of one moment together. */
export type StoreRequest = readonly Call[] | 'close';

/** The store is open. */
export interface StoreOpened {
  readonly kind: 'opened';
}

/** What the store's thread replies: to calls of one commit together. */
export type StoreReply =
  StoreOpened | Refused | Failed | { readonly kind: 'answers'; readonly answers: readonly Answer[] };
