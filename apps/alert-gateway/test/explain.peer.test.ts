import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  AlertServiceService,
  type ExplainAlertRequest,
  ExplanationVerdict,
  ReportAlertRequest,
} from '@therapytrain/alerts-api';
import { encodeReport, joinFields } from '@therapytrain/alerts-core';
import { rawCall } from './support.ts';
import { bytesField, numberField } from './support/bytes.ts';
import { answered, call, type DeskGateway, openDeskGateway } from './support/desk-clients.ts';
import { idOf } from './support/desk-samples.ts';

let at: DeskGateway;
beforeEach(async () => {
  at = await openDeskGateway();
});

const explain = (subject: ExplainAlertRequest['subject']) =>
  call(at.client, AlertServiceService.explainAlert, { subject });
const raw = (...bytes: number[]) => rawCall(at.client, 'ExplainAlert', Buffer.from(bytes));
const alertId = idOf('alert', 1);

test('a kept alert is explained as a tree', async () => {
  expect(await answered(explain({ $case: 'alertId', value: alertId.toUpperCase() }))).toEqual({
    alertId,
    policyVersion: '0123456789ab',
    incidentId: idOf('incident', 1),
    steps: [
      {
        name: 'fingerprint',
        verdict: ExplanationVerdict.INFO,
        detail: 'Made of type and userId.',
        steps: [],
      },
      {
        name: 'route root',
        verdict: ExplanationVerdict.YES,
        detail: 'It takes all.',
        steps: [
          {
            name: 'route root/clinical',
            verdict: ExplanationVerdict.NO,
            detail: 'severity is below HIGH.',
            steps: [],
          },
        ],
      },
    ],
  });
  expect(at.has.asked).toEqual({ alertId });
});

test('one that was never reported is explained as its caller would report it', async () => {
  const draft = { type: 'AUTH_FAILURE', message: 'm', metadata: { userId: 'u-1', tries: [1, { a: null }] } };
  const answer = await rawCall(at.client, 'ExplainAlert', joinFields([[2, encodeReport(draft)]]), 'login');
  expect(answer.refusal).toBeUndefined();
  expect(at.has.asked).toMatchObject({ source: 'login', draft });
});

describe('refused is', () => {
  test('an alert that is not kept', async () => {
    const { refusal } = await explain({ $case: 'alertId', value: idOf('alert', 2) });
    expect(refusal).toMatchObject({ code: 'NOT_FOUND', reason: 'ALERT_NOT_FOUND' });
  });

  const draft = [...ReportAlertRequest.encode(ReportAlertRequest.fromPartial({ type: 'A', message: 'm' })).finish()];

  test.each([
    ['nothing', [], 'alert_id'],
    ['an id that is none', bytesField(1, 'zq7canary'), 'alert_id'],
    ['both', [...bytesField(1, alertId), ...bytesField(2, draft)], 'draft'],
    ['both, the other way round', [...bytesField(2, draft), ...bytesField(1, alertId)], 'draft'],
  ])('%s', async (_, bytes, field) => {
    const { refusal } = await raw(...bytes);
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID' });
    expect(Object.keys(refusal?.fields ?? {})).toEqual([field]);
  });

  test.each([
    ['a draft with a field of the wrong type', bytesField(2, numberField(3, 1))],
    ['a draft with a field twice', bytesField(2, [...bytesField(5, 'a'), ...bytesField(5, 'b')])],
    ['two drafts', [...bytesField(2, draft), ...bytesField(2, draft)]],
    ['a draft with text that is not UTF-8', bytesField(2, bytesField(5, [0xff]))],
  ])('%s', async (_, bytes) => {
    expect((await raw(...bytes)).refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'MESSAGE_MALFORMED' });
  });
});
