import { AlertServiceService, ExplainAlertResponse, type ExplanationStep as WireStep } from '@therapytrain/alerts-api';
import { encodeReport, type Explanation, type ExplanationStep, joinFields } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { askBy } from './method.ts';
import type { Explained } from './types.ts';
import { nameOf } from './wire.ts';

const verdicts = ['yes', 'no', 'info'] as const satisfies readonly ExplanationStep['verdict'][];

const readStep = ({ name, verdict, detail, steps }: WireStep): ExplanationStep => ({
  name,
  verdict: nameOf(verdicts, verdict),
  detail,
  steps: steps.map(readStep),
});

const method = {
  path: AlertServiceService.explainAlert.path,
  requestSerialize: (what: Explained): Buffer =>
    joinFields(['draft' in what ? [2, encodeReport(what.draft)] : [1, what.alertId]]),
  responseDeserialize: ExplainAlertResponse.decode,
};

/** Asks why. */
export const explain = async (ask: Ask, what: Explained): Promise<Explanation> => {
  const { alertId, policyVersion, incidentId, steps } = await askBy(ask, method, what);
  return { alertId, policy: policyVersion, incident: incidentId, steps: steps.map(readStep) };
};
