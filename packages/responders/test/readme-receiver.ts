import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { verifyWebhookAction, type WebhookAction } from '@therapytrain/alerts-responders';

/** A receiver of webhook actions: takes what is signed, and brings each id to the state that was asked for last. */
export const receiver = (secrets: readonly string[], bring: (asked: WebhookAction) => Promise<void>): Server => {
  const fences = new Map<string, number>(); // keep them where they outlive the process
  const status = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST') return 405;
    let asked: WebhookAction;
    try {
      asked = verifyWebhookAction(request.headers, await buffer(request), secrets);
    } catch {
      return 401;
    }
    if ((fences.get(asked.id) ?? 0) > asked.fence) return 409; // who asks was away, and another took over
    fences.set(asked.id, asked.fence);
    await bring(asked); // already there, or never there, is well
    return 204;
  };
  return createServer((request, response) => {
    void status(request).then(
      (said) => response.writeHead(said).end(),
      () => response.writeHead(503).end(),
    );
  });
};
