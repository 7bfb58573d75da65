import type { AddressInfo } from 'node:net';
import { enforceFastify } from '@therapytrain/alerts-enforce/fastify';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { httpStory } from './http-story.ts';
import { after } from './support.ts';

const header = ({ headers }: FastifyRequest, name: string): string | undefined => headers[name]?.toString();

const numberIn = (text: string | undefined): number | undefined => {
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
};

const serve = async (app: FastifyInstance): Promise<number> => {
  app.get('/notes', async () => 'notes');
  after(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
};

httpStory({
  open: ({ cache }, { refused, suspect }) => {
    const app = fastify();
    app.addHook(
      'onRequest',
      enforceFastify({
        decisions: cache,
        user: (request) => header(request, 'user'),
        sessionStartedAt: (request) => numberIn(header(request, 'began')),
        provenAt: (request) => numberIn(header(request, 'proven')),
        resource: ({ url }) => url,
        onRefused: ({ reason }) => refused(reason),
        onSuspect: suspect,
      }),
    );
    return serve(app);
  },
  openBehindProxy: ({ cache }) => {
    const app = fastify({ trustProxy: '127.0.0.1' });
    app.addHook(
      'preHandler',
      enforceFastify({ decisions: cache, only: 'addresses', user: (request) => header(request, 'user') }),
    );
    return serve(app);
  },
});
