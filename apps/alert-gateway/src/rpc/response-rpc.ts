import { ResponseServiceService } from '@therapytrain/alerts-api';
import { AlertError, fieldError, type Ids } from '@therapytrain/alerts-core';
import type { DecisionChanges, ResponseDesk } from '@therapytrain/alerts-manager';
import type { Tokens } from '../stream/cursor.ts';
import type { DecisionHub } from '../stream/decision-hub.ts';
import type { ObserveHandlers } from './alert-rpc.ts';
import { createDecisionHandles, openDecisions } from './decisions.ts';
import type { RpcService } from './desk-rpc.ts';
import { createResponseHandles } from './responses.ts';
import { createStreaming, type StreamingParts } from './streaming.ts';
import { bytesOnly, type Handle, type Unary } from './unary.ts';

/** What `ResponseService` is made of. */
export interface ResponseRpcParts extends StreamingParts {
  /** Undefined in a gateway that does nothing by itself. */
  readonly responses: ResponseDesk | undefined;
  /** Undefined in a gateway that has no decisions. */
  readonly decisions: DecisionChanges | undefined;
  /** There where decisions are. */
  readonly hub: DecisionHub | undefined;
  readonly tokens: Tokens;
  readonly ids: Ids;
  readonly unary: Unary;
  /** Wraps the handlers of a service in their spans and metrics. */
  readonly observe: (service: string) => ObserveHandlers;
}

const notActing = (): AlertError =>
  new AlertError('NOT_CONFIGURED', 'this gateway does nothing by itself: it has no responses and no decisions', {
    facts: { needs: 'responses' },
  });

// The desk names the parts of its commands; the contract has names of its own for some of them.
const contractNames: Readonly<Record<string, string>> = { response: 'responseId', request: 'requestId' };

const inContractNames =
  (handle: Handle): Handle =>
  async (message, source, asker) => {
    try {
      return await handle(message, source, asker);
    } catch (error) {
      if (!(error instanceof AlertError) || error.code !== 'FIELD_INVALID') throw error;
      throw fieldError(error.violations.map(({ field, rule }) => ({ field: contractNames[field] ?? field, rule })));
    }
  };

const refusing: Handle = () => Promise.reject(notActing());

/** Ties `ResponseService` to responses and decisions. */
export const createResponseRpc = (parts: ResponseRpcParts): RpcService => {
  const { responses, decisions, hub, tokens, ids, unary } = parts;
  const observe = parts.observe('therapytrain.alerts.v1.ResponseService');
  const about = decisions && hub ? { decisions, hub, tokens } : undefined;
  const asked: Readonly<Record<string, Handle>> = {
    ...(responses && decisions && createResponseHandles({ responses, decisions, tokens, ids })),
    ...(about && createDecisionHandles(about)),
  };
  const stream = createStreaming(async (message) => {
    if (!about) throw notActing();
    return openDecisions(message, about);
  }, parts);
  const methods = Object.entries(ResponseServiceService);
  const handlers = methods.map(([name, { path }]) => {
    const method = path.slice(path.lastIndexOf('/') + 1);
    if (name === 'streamDecisions') return [name, observe.stream(method, stream)] as const;
    return [name, observe.unary(method, unary(inContractNames(asked[name] ?? refusing), true))] as const;
  });
  return {
    definition: Object.fromEntries(methods.map(([name, each]) => [name, bytesOnly(each)])),
    handlers: Object.fromEntries(handlers),
  };
};
