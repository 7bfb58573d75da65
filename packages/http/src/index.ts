export { addressFault } from './addresses.ts';
export { type Allow, allow } from './allow.ts';
export {
  type HttpAnswer,
  type HttpFailure,
  type HttpFailureReason,
  httpFailureReasons,
  type HttpReply,
  type HttpStage,
} from './answer.ts';
export {
  guardedAgent,
  type GuardOptions,
  type Resolve,
  type ResolvedAddress,
  UnsafeAddress,
  unsafeAddressCode,
} from './guarded-agent.ts';
export { createHttp, type Http, type HttpOptions, type HttpProbe, type HttpRequest } from './http.ts';
export { answerOutcome, failureOutcome, harmlessOutcome, replyOutcome } from './outcomes.ts';
export { isHeaderName, isHeaderValue } from './request-fault.ts';
export { longestRetryAfter, retryAfter } from './retry-after.ts';
export { urlFault } from './url-fault.ts';
export { checkEndpoint, type Endpoint, endpointOptions, type ReportFault } from './webhook/endpoint.ts';
export { secretFault, signatureHeader } from './webhook/sign.ts';
export { createSignedDoor, type SignedDoor, type SignedPost } from './webhook/signed-post.ts';
export {
  type ReceivedHeaders,
  type ReceivedSecrets,
  verifySigned,
  type VerifyOptions,
  webhookRefusals,
  WebhookRefused,
} from './webhook/verify.ts';
