import { createServer, type RequestListener, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { verifyWebhook } from '@therapytrain/alerts-channel-webhook';

/** A receiver: takes what is signed with one of the secrets, and acts on each webhook once. */
export const receiver = (secrets: readonly string[], act: (headline: string) => void): Server => {
  const known = new Set<string>(); // keep them where they outlive the process, for longer than five minutes
  const status = async (request: Parameters<RequestListener>[0]): Promise<number> => {
    if (request.method !== 'POST') return 405;
    try {
      const { data } = verifyWebhook(request.headers, await buffer(request), secrets);
      const id = String(request.headers['webhook-id']);
      if (!known.has(id)) act(data.headline);
      known.add(id);
      return 204;
    } catch {
      return 401;
    }
  };
  return createServer((request, response) => void status(request).then((said) => response.writeHead(said).end()));
};
