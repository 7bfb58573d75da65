import type { Request, RequestHandler } from 'express';
import { createEnforcing } from './enforcing.ts';
import { httpAnswer } from './http-answer.ts';
import type { EnforceOptions } from './options.ts';

/**
 * Middleware for Express 5: `app.use(enforceExpress({ decisions }))`. The address is `request.ip`, so Express' own
 * `trust proxy` says whom to believe.
 */
export const enforceExpress = (options: EnforceOptions<Request>): RequestHandler => {
  const enforce = createEnforcing(options, ({ ip }) => ip);
  return (request, response, next) => {
    const refusal = enforce(request);
    if (!refusal) return next();
    const { status, headers, body } = httpAnswer(refusal);
    response.writeHead(status, headers).end(body);
  };
};
