import type { Clock } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import type { HttpAnswer } from '../answer.ts';
import { createHttp } from '../http.ts';
import { answerOutcome, harmlessOutcome } from '../outcomes.ts';
import type { Endpoint } from './endpoint.ts';
import { signatureHeader } from './sign.ts';

// Nothing of the body is of use; a little is read so that the connection can be kept.
const maxReply = 4_096;

// What these say is true of a POST too. Any other 4xx, and 501, only says that the endpoint has no answer to OPTIONS.
const telling: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 410, 425, 429]);

const isReachable = (status: number): boolean =>
  (status >= 200 && status < 300) || (status >= 400 && status < 500 && !telling.has(status)) || status === 501;

/** What is sent to an endpoint. */
export interface SignedPost {
  /** `webhook-id`: the same from try to try, so that a receiver can drop doubles. */
  readonly id: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

/** The door to one endpoint. */
export interface SignedDoor {
  /** One POST, signed by each secret of the endpoint (Standard Webhooks 1.0.0), or unsigned where it has none. */
  post(what: SignedPost): Promise<HttpAnswer>;
  /** Asks with OPTIONS, which no receiver takes for an event, whether a POST could be made. `proof` says what was answered. */
  check(signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** Opens the door to one endpoint. Connects nothing yet. */
export const createSignedDoor = (
  { url, secret: secrets = [], headers, timeout, allow, ca }: Endpoint,
  { clock }: { readonly clock: Clock },
): SignedDoor => {
  const http = createHttp({ allow, ...(ca !== undefined && { ca }) }, { clock });
  const own = (): Record<string, string> =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]));
  return {
    post: ({ id, contentType, body, signal }) => {
      const seconds = String(Math.floor(clock.now() / 1_000));
      const about = { 'content-type': contentType, 'webhook-id': id, 'webhook-timestamp': seconds };
      const signed = secrets.length > 0 && { 'webhook-signature': signatureHeader(secrets, id, seconds, body) };
      const sent = { ...own(), ...about, ...signed };
      return http.post({ url: url.reveal(), headers: sent, body, timeout, signal, maxReply });
    },
    check: async (signal) => {
      const answer = await http.probe({ url: url.reveal(), headers: own(), timeout, signal, maxReply });
      if (answer.kind === 'failure') return harmlessOutcome(answer);
      if (!isReachable(answer.status)) return answerOutcome(answer, clock);
      return { kind: 'done', proof: `status ${answer.status} to OPTIONS` };
    },
    close: () => http.close(),
  };
};
