import { AlertError } from '@therapytrain/alerts-core';
import { parseOptions } from '@therapytrain/alerts-core/channel';
import type { Responder, ResponderKind, ResponderPorts } from '@therapytrain/alerts-core/responder';
import type { ResponderSettings } from '@therapytrain/alerts-manager';
import { createInForce, type InForce } from './in-force.ts';

/** How responders are built. */
export interface RespondersParts {
  readonly kinds: ReadonlyMap<string, ResponderKind>;
  readonly ports: ResponderPorts;
  /** Wraps each responder that is built, for telemetry. */
  readonly wrap: (settings: ResponderSettings, responder: Responder) => Responder;
}

/** A responder, and what sort it is. */
export interface BuiltResponder {
  readonly responder: Responder;
  readonly kind: ResponderKind;
  readonly close: () => Promise<void>;
}

/** The responders of the policy in force. `prepare` throws `POLICY_INVALID` where one cannot be built. */
export type Responders = InForce<ResponderSettings, BuiltResponder>;

/**
 * Makes the responders; there are none until a policy is put in force. One that is no longer in the policy stays: what it
 * did is still to be taken back.
 */
export const createResponders = ({ kinds, ports, wrap }: RespondersParts): Responders =>
  createInForce({
    clock: ports.clock,
    outlasts: true,
    build: (settings, during) => {
      const kind = kinds.get(settings.kind);
      const where = `responders.${settings.name}`;
      if (!kind) throw new AlertError('POLICY_INVALID', `${where}: there is no responder of this kind`);
      try {
        const made = wrap(settings, kind.create(parseOptions(kind.options, settings.options), ports));
        const { revert } = made;
        const responder: Responder = {
          ...made,
          respond: (...args) => during(() => made.respond(...args)),
          ...(revert && { revert: (...args) => during(() => revert(...args)) }),
        };
        return { responder, kind, close: () => made.close() };
      } catch (error) {
        if (!(error instanceof AlertError)) throw error;
        throw new AlertError('POLICY_INVALID', `${where}: ${error.message}`, { cause: error });
      }
    },
  });
