import { ExplainAlertRequest, ExplainAlertResponse, ExplanationVerdict } from '@therapytrain/alerts-api';
import { decodeReport, fieldError } from '@therapytrain/alerts-core';
import { decodeStrictly, partOf, shapes } from './decode.ts';
import type { DeskHandle } from './desk-rpc.ts';
import type { Explanation, ExplanationStep } from '@therapytrain/alerts-core';
import { check, idFault } from './fields.ts';

const verdicts = {
  yes: ExplanationVerdict.YES,
  no: ExplanationVerdict.NO,
  info: ExplanationVerdict.INFO,
} as const satisfies Record<ExplanationStep['verdict'], ExplanationVerdict>;

type WireStep = ExplainAlertResponse['steps'][number];

const wireStep = ({ name, verdict, detail, steps }: ExplanationStep): WireStep => ({
  name,
  verdict: verdicts[verdict],
  detail,
  steps: steps.map(wireStep),
});

const encode = ({ alertId, policy, incident, steps }: Explanation): Buffer =>
  Buffer.from(
    ExplainAlertResponse.encode({
      alertId,
      policyVersion: policy,
      incidentId: incident,
      steps: steps.map(wireStep),
    }).finish(),
  );

/** `ExplainAlert`: of a kept alert, or of one that was never reported. */
export const explainAlert: DeskHandle = async (desk, message, source) => {
  const { subject } = decodeStrictly(message, shapes.ExplainAlertRequest, ExplainAlertRequest.decode);
  const draft = partOf(message, 2);
  switch (subject?.$case) {
    case undefined:
      throw fieldError([{ field: 'alertId', rule: 'is required, or a draft' }]);
    case 'alertId': {
      if (draft) throw fieldError([{ field: 'draft', rule: 'cannot be given together with an id' }]);
      const { value } = subject;
      check(idFault('alertId', value));
      return encode(await desk.explain({ alertId: value.toLowerCase() }));
    }
    case 'draft':
      if (partOf(message, 1)) throw fieldError([{ field: 'draft', rule: 'cannot be given together with an id' }]);
      return encode(await desk.explain({ draft: decodeReport(draft ?? Buffer.alloc(0)), source }));
  }
};
