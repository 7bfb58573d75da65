import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecipientOutcome } from '@therapytrain/alerts-core/channel';
import type { Arrival, ChannelPeer, PeerBehaviour } from '@therapytrain/alerts-testkit';

/** A post office for several recipients, which may take a notice for some of them only. */
export const startPartialPeer = async (): Promise<ChannelPeer & { readonly url: string }> => {
  const arrivals: Arrival[] = [];
  let behaviour: PeerBehaviour = 'accept';
  let attempts = 0;
  const all = ['first', 'second', 'third'];
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(204).end();
    attempts++;
    const recipients = String(request.headers['x-recipients']).split(',');
    const states = recipients.map((name): RecipientOutcome => {
      const at = all.indexOf(name);
      const state = behaviour === 'accept' || at === 0 ? 'accepted' : at === 1 ? 'deferred' : 'refused';
      return { at, state };
    });
    const taken = recipients.filter((_, place) => states[place]?.state === 'accepted');
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      arrivals.push({ raw: text, text, id: String(request.headers['webhook-id']), recipients: taken });
      response.writeHead(207).end(JSON.stringify(states));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    has: new Set<PeerBehaviour>(['accept', 'partial']),
    behave: (next) => void (behaviour = next),
    arrivals: () => arrivals,
    attempts: () => attempts,
    connections: () => 0,
    stop: async () => void (server.closeAllConnections(), server.listening && server.close()),
  };
};
