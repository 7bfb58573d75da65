import type { ResponderKind } from '@therapytrain/alerts-core/responder';

/** The responders there are. What a policy may say of them follows from this list. */
export const responderKinds: readonly ResponderKind[] = [];
