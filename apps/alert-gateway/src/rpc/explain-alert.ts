import { ExplainAlertRequest, ExplainAlertResponse, ExplanationVerdict } from '@therapytrain/alerts-api';
import {
  type Alert,
  AlertError,
  type AlertLog,
  decodeAlert,
  decodeReport,
  fieldError,
} from '@therapytrain/alerts-core';
import { lacks, outside } from '../identity/refusals.ts';
import type { View } from '../identity/view.ts';
import type { Asker } from './unary.ts';
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

const speaksOfMore = /\b(?:metadata|message|fingerprint|dedup_key)\b/;

// That a condition is met tells what it says; what a channel would be told may be more than the caller may read.
const concealed = (step: ExplanationStep, alert: Alert, view: View): ExplanationStep => {
  const { name, verdict, detail, steps } = step;
  if (name === 'notice') return { name, verdict, detail: '[withheld]', steps: [] };
  const isCondition = name.startsWith('route ') && speaksOfMore.test(detail);
  const said = isCondition ? 'by a condition on what you may not read' : view.hide(alert, detail);
  return {
    name: view.hide(alert, name),
    verdict,
    detail: said,
    steps: steps.map((each) => concealed(each, alert, view)),
  };
};

/** The kept alert, if the caller may read of it. */
const readable = async (log: AlertLog, id: string, view: View): Promise<Alert> => {
  const kept = await log.find(id);
  const alert = kept && decodeAlert(kept.encoded);
  if (alert && view.passes(alert)) return alert;
  throw new AlertError('ALERT_NOT_FOUND', 'no alert of this id is kept');
};

// Whether an incident of such an alert is open says whether somebody is known here: not for those who may not read it.
const checkDraft = (type: string, { principal, view }: Asker): void => {
  if (!view.isCleared) throw lacks('alerts.read.health');
  if (!view.passes({ type, source: principal.name })) throw outside();
};

/** `ExplainAlert`: of a kept alert, or of one that was never reported. */
export const createExplainAlert =
  (log: AlertLog): DeskHandle =>
  async (desk, message, source, asker) => {
    const { subject } = decodeStrictly(message, shapes.ExplainAlertRequest, ExplainAlertRequest.decode);
    const draft = partOf(message, 2);
    switch (subject?.$case) {
      case undefined:
        throw fieldError([{ field: 'alertId', rule: 'is required, or a draft' }]);
      case 'alertId': {
        if (draft) throw fieldError([{ field: 'draft', rule: 'cannot be given together with an id' }]);
        const { value } = subject;
        check(idFault('alertId', value));
        const alertId = value.toLowerCase();
        // Who may read everything is told by the desk whether it is there.
        if (asker.view.key === '') return encode(await desk.explain({ alertId }));
        const alert = await readable(log, alertId, asker.view);
        const explained = await desk.explain({ alertId });
        if (asker.view.isCleared) return encode(explained);
        return encode({ ...explained, steps: explained.steps.map((each) => concealed(each, alert, asker.view)) });
      }
      case 'draft': {
        if (partOf(message, 1)) throw fieldError([{ field: 'draft', rule: 'cannot be given together with an id' }]);
        const report = decodeReport(draft ?? Buffer.alloc(0));
        checkDraft(report.type, asker);
        return encode(await desk.explain({ draft: report, source }));
      }
    }
  };
