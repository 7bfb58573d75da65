export { AlertManager, type AlertManagerOptions, type AlertReporter } from './alert-manager.ts';
export { createFlow, type Flow, type FlowParts } from './flow.ts';
export type { AlertHandler, HandledAlert, HandlerFailure, HandlerStats } from './handlers.ts';
export { createMemoryLog, type MemoryLogOptions } from './memory-log.ts';
export { createPolicy, defaultPolicy, type Policy, policySchema, type PolicySource } from './policy.ts';
