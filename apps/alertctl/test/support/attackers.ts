import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Instant, Millis } from '@therapytrain/alerts-core';

/** What a service answered an address, in the times of this machine's clock. */
export interface Answers {
  readonly address: string;
  /** The last request that it served before it refused the first; undefined where it refused none. */
  servedLast?: Instant;
  refusedFirst?: Instant;
  refusedLast?: Instant;
  /** The first that it served after it had refused some; undefined where it has not. */
  servedAgain?: Instant;
  requests: number;
}

/** Requests of all of the addresses, one after the other, until it is stopped. */
export interface Attackers {
  readonly answers: readonly Answers[];
  /** Rejects with what went wrong: an answer that is neither 200 nor 403, or none. */
  stop(): Promise<void>;
}

const ask = (agent: Agent, port: number, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'x-forwarded-for': address };
    const asked = request({ agent, port, host: '127.0.0.1', path: '/notes', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.on('error', reject).end();
  });

const take = (answers: Answers, status: number, at: Instant): void => {
  answers.requests++;
  if (status === 403) {
    answers.refusedFirst ??= at;
    answers.refusedLast = at;
  } else if (status !== 200) throw new Error(`the service answered with ${status}`);
  else if (answers.refusedFirst === undefined) answers.servedLast = at;
  else answers.servedAgain ??= at;
};

/**
 * Asks a service on this machine for `/notes` in the name of each address (behind a proxy that the service trusts), over
 * and over. `rest`: how long it waits after each request.
 */
export const startAttackers = (port: number, addresses: readonly string[], rest: Millis): Attackers => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers = addresses.map((address): Answers => ({ address, requests: 0 }));
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      for (const each of answers) {
        const status = await ask(agent, port, each.address);
        take(each, status, Date.now());
        await pause(rest);
      }
    }
  })();
  running.catch(() => undefined);
  return {
    answers,
    stop: async () => {
      isOver = true;
      await running.finally(() => agent.destroy());
    },
  };
};
