import type { KillSwitch, Response, ResponseQuery } from '@therapytrain/alerts-core';
import type { Command } from './desk.ts';

/** A command about one response. */
export interface ResponseCommand extends Command {
  readonly response: string;
  readonly comment?: string;
}

/** What people ask of responses. Rejects with an `AlertError` that names field and rule, and no value. */
export interface ResponseDesk {
  /** `RESPONSE_NOT_FOUND`. */
  response(id: string): Promise<Response>;
  responses(query: ResponseQuery): Promise<readonly Response[]>;
  /** `RESPONSE_NOT_OPEN` where it does not wait, `OWN_APPROVAL` for who caused it or has approved it already. */
  approve(command: ResponseCommand): Promise<Response>;
  reject(command: ResponseCommand): Promise<Response>;
  /** Takes it back now, and starts the grace of its target. `RESPONSE_NOT_OPEN` where there is nothing to take back. */
  revert(command: ResponseCommand): Promise<Response>;
  killSwitch(): Promise<KillSwitch>;
  setKillSwitch(command: Command & { readonly on: boolean; readonly reason: string }): Promise<KillSwitch>;
}
