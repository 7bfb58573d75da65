export { type AddressRange, canonicalAddress, overlap, readAddress, type ReadAddress, readRange } from './address.ts';
export { type Decision, type DecisionFeed, type DecisionKind, decisionKinds, longestSession } from './decision.ts';
export {
  createProtection,
  type Protection,
  type ProtectionOptions,
  type ProtectionRule,
  protectionRules,
} from './protected.ts';
export {
  defineResponder,
  type Effect,
  type Responder,
  type ResponderKind,
  type ResponderPorts,
  type ResponseAttempt,
  type Step,
  type Target,
  type TargetKind,
} from './responder.ts';
