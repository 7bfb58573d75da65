import { ResponseServiceService } from '@therapytrain/alerts-api';
import { AlertError, type Ids } from '@therapytrain/alerts-core';
import type { DecisionChanges, ResponseDesk } from '@therapytrain/alerts-manager';
import type { Tokens } from '../stream/cursor.ts';
import type { DecisionHub } from '../stream/decision-hub.ts';
import { createDecisionHandles, openDecisions } from './decisions.ts';
import { inContractNames } from './fields.ts';
import { createResponseHandles } from './responses.ts';
import { createRpcService, type RpcService, type ServiceParts } from './service.ts';
import { createStreaming, type StreamingParts } from './streaming.ts';
import type { Handle } from './unary.ts';

/** What `ResponseService` is made of. */
export interface ResponseRpcParts extends StreamingParts, ServiceParts {
  /** Undefined in a gateway that does nothing by itself. */
  readonly responses: ResponseDesk | undefined;
  /** Undefined in a gateway that has no decisions. */
  readonly decisions: DecisionChanges | undefined;
  /** There where decisions are. */
  readonly hub: DecisionHub | undefined;
  readonly tokens: Tokens;
  readonly ids: Ids;
}

const notActing = (): AlertError =>
  new AlertError('NOT_CONFIGURED', 'this gateway does nothing by itself: it has no responses and no decisions', {
    facts: { needs: 'responses' },
  });

// The desk names the parts of its commands; the contract has names of its own for some of them.
const contractNames: Readonly<Record<string, string>> = { response: 'responseId', request: 'requestId' };

const answering =
  (handle: Handle): Handle =>
  async (message, source, asker) => {
    try {
      return await handle(message, source, asker);
    } catch (error) {
      throw inContractNames(error, contractNames);
    }
  };

const refusing: Handle = () => Promise.reject(notActing());

/** Ties `ResponseService` to responses and decisions. */
export const createResponseRpc = (parts: ResponseRpcParts): RpcService => {
  const { responses, decisions, hub, tokens, ids } = parts;
  const about = decisions && hub ? { decisions, hub, tokens } : undefined;
  const asked: Readonly<Record<string, Handle>> = {
    ...(responses && decisions && createResponseHandles({ responses, decisions, tokens, ids })),
    ...(about && createDecisionHandles(about)),
  };
  const stream = createStreaming(async (message) => {
    if (!about) throw notActing();
    return openDecisions(message, about);
  }, parts);
  const handleOf = (name: string): Handle => answering(asked[name] ?? refusing);
  return createRpcService(ResponseServiceService, handleOf, parts, { streamDecisions: stream });
};
