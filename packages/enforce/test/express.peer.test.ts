import type { AddressInfo } from 'node:net';
import { enforceExpress } from '@therapytrain/alerts-enforce/express';
import express, { type Express } from 'express';
import { httpStory } from './http-story.ts';
import { after } from './support.ts';

const numberIn = (text: string | undefined): number | undefined => {
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
};

const serve = (app: Express): Promise<number> =>
  new Promise((resolve) => {
    app.get('/notes', (_request, response) => void response.send('notes'));
    const server = app.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    after(() => server.close());
  });

httpStory({
  open: ({ cache }, { refused, suspect }) =>
    serve(
      express().use(
        enforceExpress({
          decisions: cache,
          user: (request) => request.get('user'),
          sessionStartedAt: (request) => numberIn(request.get('began')),
          provenAt: (request) => new Date(numberIn(request.get('proven')) ?? 0),
          resource: ({ path }) => path,
          onRefused: ({ reason }) => refused(reason),
          onSuspect: suspect,
        }),
      ),
    ),
  openBehindProxy: ({ cache }) => {
    const app = express().set('trust proxy', 'loopback');
    app.use(enforceExpress({ decisions: cache, only: 'addresses', user: (request) => request.get('user') }));
    return serve(app);
  },
});
