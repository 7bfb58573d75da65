import { parseOptions } from '@therapytrain/alerts-core/channel';
import type { ResponderKind, TargetKind } from '@therapytrain/alerts-core/responder';
import {
  createDecisionWorld,
  type OpenResponderSubject,
  skewedPorts,
  startActionPeer,
} from '@therapytrain/alerts-testkit';
import { type WebhookAction, webhookAction } from '@therapytrain/alerts-responders';

/** A secret of Standard Webhooks. */
export const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const patience = (timeout: number): string => `${timeout}ms`;

/** Opens a responder that acts by decisions, on a feed of its own. */
export const openDecision =
  (kind: ResponderKind, args = {}): OpenResponderSubject =>
  async ({ timeout = 300 }) => {
    const world = createDecisionWorld();
    const ports = { ...skewedPorts(), decisions: world.decisions };
    const responder = kind.create(parseOptions(kind.options, { timeout: patience(timeout) }), ports);
    return { kind, responder, world, secrets: ['the feed failed'], timeout, args };
  };

/** Opens the webhook action on an HTTP peer of its own, which believes what is signed and nothing else. */
export const openWebhookAction =
  (target: TargetKind): OpenResponderSubject =>
  async ({ timeout = 300 }) => {
    const world = await startActionPeer({
      read: (body) => {
        const { id, fence, action, target: on, until } = JSON.parse(body) as WebhookAction;
        const effect = { target: on.value, until: until === null ? undefined : Date.parse(until) };
        return { id, fence, effect: action === 'respond' ? effect : undefined };
      },
    });
    const options = {
      ...{ url: world.url, secret: key, target, timeout: patience(timeout) },
      allow: { cidrs: ['127.0.0.0/8'], ports: [world.port], plaintext: true },
    };
    const ports = { ...skewedPorts(), decisions: createDecisionWorld().decisions };
    const responder = webhookAction.create(parseOptions(webhookAction.options, options), ports);
    const args = { action: 'close-port', port: 22, hard: true };
    return { kind: webhookAction, responder, world, secrets: [key, world.url], timeout, target, args };
  };
