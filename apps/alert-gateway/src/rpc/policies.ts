import {
  CheckPolicyRequest,
  CheckPolicyResponse,
  GetPolicyRequest,
  GetPolicyResponse,
  type PolicyServiceServer,
  PolicyServiceService,
  ReloadPolicyRequest,
  ReloadPolicyResponse,
  ScriptedAlert as WireScripted,
  SimulatePolicyRequest,
  SimulatePolicyResponse,
} from '@therapytrain/alerts-api';
import {
  AlertError,
  type Clock,
  decodeReport,
  fieldError,
  type Ids,
  joinFields,
  limits,
  WireReader,
  wireType,
} from '@therapytrain/alerts-core';
import { type Desk, type Policy, type ScriptedAlert, simulate } from '@therapytrain/alerts-manager';
import { faultLine } from '../policy-file.ts';
import type { PolicyInForce } from '../policy-in-force.ts';
import type { ObserveHandlers } from './alert-rpc.ts';
import { decodeStrictly, partOf, shapes } from './decode.ts';
import { notPlanning } from './desk-rpc.ts';
import { check, instantOf, optionalIdFault } from './fields.ts';
import { encodeReview, encodeSimulated, wireChanges, wireFaults, wireRefused } from './policy-wire.ts';
import { createRpcService, type RpcService } from './service.ts';
import type { Handle, Unary } from './unary.ts';

/** What `PolicyService` is made of. */
export interface PolicyRpcParts {
  /** Undefined in a gateway that keeps alerts only. */
  readonly policies: PolicyInForce | undefined;
  readonly desk: Desk | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly unary: Unary;
  /** Wraps the handlers of a service in their spans and metrics. */
  readonly observe: (service: string) => ObserveHandlers;
}

const mostAlerts = 200;
const alertsField = 2;
// What a message may be long, less what stands around the text.
const longestText = limits.batchBytes;

const answer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

const createGet =
  (policies: PolicyInForce): Handle =>
  async (message) => {
    decodeStrictly(message, shapes.GetPolicyRequest, GetPolicyRequest.decode);
    const { version, loadedAt, file = '', text, refused } = policies.state();
    return answer(
      GetPolicyResponse.encode({
        version,
        loadedAt: new Date(loadedAt),
        file,
        text,
        refused: refused && wireRefused(refused),
      }).finish(),
    );
  };

const createCheck =
  (policies: PolicyInForce): Handle =>
  async (message) => {
    const { text } = decodeStrictly(message, shapes.CheckPolicyRequest, CheckPolicyRequest.decode, {}, longestText);
    check(text.trim() === '' ? { field: 'text', rule: 'is required' } : undefined);
    const { policy, faults, lints, changes } = policies.check(text);
    return answer(
      CheckPolicyResponse.encode({
        faults: wireFaults(faults),
        lints: wireFaults(lints),
        version: policy?.version ?? '',
        changes: wireChanges(changes),
      }).finish(),
    );
  };

const versionPattern = /^(?:[0-9a-f]{12})?$/;

const createReload =
  (policies: PolicyInForce): Handle =>
  async (message, source) => {
    const request = decodeStrictly(message, shapes.ReloadPolicyRequest, ReloadPolicyRequest.decode);
    const { requestId, expectedVersion: expected, acceptLostCoverage, dryRun } = request;
    check(
      optionalIdFault('requestId', requestId),
      versionPattern.test(expected)
        ? undefined
        : { field: 'expectedVersion', rule: 'is not the version of a policy: 12 hexadecimal digits' },
    );
    const { version, before, changes, lints } = await policies.reload({
      cause: 'call',
      by: source,
      acceptLostCoverage,
      dryRun,
      ...(expected !== '' && { expected }),
      ...(requestId !== '' && { request: requestId.toLowerCase() }),
    });
    return answer(
      ReloadPolicyResponse.encode({
        version,
        previousVersion: before,
        changes: wireChanges(changes),
        lints: wireFaults(lints),
      }).finish(),
    );
  };

// The generated codec would make objects of alerts that ours has not checked.
const scriptOf = (message: Buffer, source: string, clock: Clock): readonly ScriptedAlert[] => {
  const reader = new WireReader(message, 2 * mostAlerts);
  const script: ScriptedAlert[] = [];
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag !== alertsField * 8 + wireType.bytes) {
      reader.skip(tag, message.length);
      continue;
    }
    const to = reader.span(message.length);
    const bytes = message.subarray(reader.at, to);
    reader.at = to;
    const field = `alerts[${script.length}]`;
    const { at } = decodeStrictly(bytes, shapes.ScriptedAlert, WireScripted.decode);
    const draft = decodeReport(partOf(bytes, 1) ?? Buffer.alloc(0));
    script.push({ draft, source, at: at === undefined ? clock.now() : instantOf(`${field}.at`, at) });
  }
  if (script.length >= 1 && script.length <= mostAlerts) return script;
  throw fieldError([{ field: 'alerts', rule: `is not 1 to ${mostAlerts} alerts` }]);
};

const policyOf = (text: string, policies: PolicyInForce): Policy => {
  if (text.trim() === '') return policies.policy();
  const { policy, faults } = policies.check(text);
  if (policy) return policy;
  const lines = faults.slice(0, 3).map(faultLine);
  throw new AlertError('POLICY_INVALID', `the policy that was sent is not valid: ${lines.join('; ')}`);
};

const createSimulate =
  (policies: PolicyInForce, { desk, clock, ids }: PolicyRpcParts): Handle =>
  async (message, source) => {
    const request = decodeStrictly(
      ...([message, shapes.SimulatePolicyRequest, SimulatePolicyRequest.decode, {}, longestText] as const),
    );
    const until = request.until === undefined ? undefined : instantOf('until', request.until);
    const alerts = scriptOf(message, source, clock);
    const policy = policyOf(request.text, policies);
    const silences = (await desk?.silences()) ?? [];
    const simulated = await simulate({ alerts, silences, ...(until !== undefined && { until }) }, policy, ids);
    const head = SimulatePolicyResponse.encode({ version: policy.version, alerts: [], later: [] }).finish();
    const body = [
      ...simulated.alerts.map((each) => [2, encodeSimulated(each)] as const),
      ...simulated.later.map((each) => [3, encodeReview(each)] as const),
    ];
    return Buffer.concat([head, joinFields(body)]);
  };

/** Ties `PolicyService` to the policy in force. */
export const createPolicyRpc = (parts: PolicyRpcParts): RpcService => {
  const { policies, unary, observe } = parts;
  const refuse: Handle = () => Promise.reject(notPlanning());
  const handles: { readonly [Method in keyof PolicyServiceServer]: Handle } = policies
    ? {
        getPolicy: createGet(policies),
        checkPolicy: createCheck(policies),
        reloadPolicy: createReload(policies),
        simulatePolicy: createSimulate(policies, parts),
      }
    : { getPolicy: refuse, checkPolicy: refuse, reloadPolicy: refuse, simulatePolicy: refuse };
  const byMethod: Readonly<Record<string, Handle | undefined>> = handles;
  return createRpcService(PolicyServiceService, (name) => byMethod[name] ?? refuse, { unary, observe });
};
