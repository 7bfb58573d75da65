import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { createEnforcing } from './enforcing.ts';
import { httpAnswer } from './http-answer.ts';
import type { EnforceOptions } from './options.ts';

/**
 * A hook for Fastify 5: `app.addHook('onRequest', enforceFastify({ decisions }))`, or `preHandler` where the user is known
 * only then. The address is `request.ip`, so Fastify's own `trustProxy` says whom to believe.
 */
export const enforceFastify = (options: EnforceOptions<FastifyRequest>): onRequestAsyncHookHandler => {
  const enforce = createEnforcing(options, ({ ip }) => ip);
  return async (request, reply) => {
    const refusal = enforce(request);
    if (!refusal) return undefined;
    const { status, headers, body } = httpAnswer(refusal);
    return reply.code(status).headers(headers).send(body);
  };
};
