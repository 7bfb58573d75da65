export { type AddressOf, createEnforcing, type Enforcing } from './enforcing.ts';
export { type HttpAnswer, httpAnswer } from './http-answer.ts';
export type { EnforceOptions, GivenTime, Refusal, RefusalReason } from './options.ts';
