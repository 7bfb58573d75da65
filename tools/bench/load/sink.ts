import { createServer, type Server } from 'node:http';
import { numberOf } from '../payload.ts';

/** Which of the two tells the webhook. */
export type Teller = 'gateway' | 'Alertmanager';

interface OurHook {
  readonly data: { readonly alerts: readonly { readonly id: string }[] };
}

interface AlertmanagerHook {
  readonly alerts: readonly { readonly labels: { readonly userId: string } }[];
}

/** What a webhook tells of: alert ids of ours, numbers of Alertmanager's. */
const keysOf = (teller: Teller, body: string): readonly (string | number)[] =>
  teller === 'gateway'
    ? (JSON.parse(body) as OurHook).data.alerts.map(({ id }) => id)
    : (JSON.parse(body) as AlertmanagerHook).alerts.map(({ labels }) => numberOf(labels.userId));

/** Listens for webhooks on a port of the loopback, answers each at once, and tells of each alert in it. */
export const startSink = (
  teller: Teller,
  port: number,
  onAlert: (key: string | number) => void,
): Promise<Pick<Server, 'close'>> => {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      response.writeHead(204).end();
      for (const key of keysOf(teller, body)) onAlert(key);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
};
