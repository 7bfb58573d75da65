import { describe, expect, test } from '@jest/globals';
import { Decision as WireDecision, DecisionChanges, StreamDecisionsResponse } from '@therapytrain/alerts-api';
import {
  type Decision,
  decodeDecisionChanges,
  encodeDecisions,
  joinFields,
  onlyField,
} from '@therapytrain/alerts-core';
import { decisionKindNames } from '@therapytrain/alerts-core/responder';
import fc from 'fast-check';
import { bytesField, varintField } from './support/proto-bytes.ts';
import { refusal } from './support/refusal.ts';

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ minLength: 120, maxLength: 300 }),
);
// Up to the year 9999, as a Timestamp may be.
const instant = fc.integer({ min: 0, max: 253_402_300_799_999 });
const decision: fc.Arbitrary<Decision> = fc.record({
  id: text,
  kind: fc.constantFrom(...decisionKindNames),
  target: text,
  resource: text,
  perMinute: fc.integer({ min: 0, max: 0xffff_ffff }),
  from: instant,
  until: instant,
  playbook: text,
  incident: text,
});
const decisions = fc.array(decision, { maxLength: 12 });

const generated = (each: Decision): WireDecision => ({
  id: each.id,
  kind: (decisionKindNames.indexOf(each.kind) + 1) as WireDecision['kind'],
  target: each.target,
  resource: each.resource,
  perMinute: each.perMinute,
  startsAt: new Date(each.from),
  endsAt: new Date(each.until),
  playbook: each.playbook,
  incidentId: each.incident,
});

describe('decisions on the wire', () => {
  test('are as the generated code would write them, byte for byte', () => {
    fc.assert(
      fc.property(decisions, (given) => {
        const changes = { decisions: given.map(generated), endedIds: [], cursor: '' };
        expect(Buffer.from(encodeDecisions(given)).equals(DecisionChanges.encode(changes).finish())).toBe(true);
      }),
    );
  });

  test('are read as the generated code would read them', () => {
    fc.assert(
      fc.property(decisions, fc.array(text, { maxLength: 4 }), text, (given, ended, cursor) => {
        const changes = { decisions: given.map(generated), endedIds: ended, cursor };
        const message = Buffer.from(
          StreamDecisionsResponse.encode({ event: { $case: 'changes', value: changes } }).finish(),
        );
        const inside = onlyField(message, 2);
        expect(inside && decodeDecisionChanges(inside)).toEqual({ decisions: given, ended, cursor });
      }),
    );
  });

  const known: Decision = {
    ...{ id: 'a', kind: 'lock_account', target: 'anna', resource: '', perMinute: 0, from: 1, until: 2_001 },
    ...{ playbook: 'p', incident: '' },
  };

  test('what a later gateway adds is passed over, and a kind that it has is left out', () => {
    const body = WireDecision.encode(generated(known)).finish();
    const later = Buffer.from([...body, ...varintField(12, 7), ...bytesField(13, 'later')]);
    const unknown = WireDecision.encode({ ...generated(known), kind: 99 as WireDecision['kind'] }).finish();
    const message = joinFields([
      [1, later],
      [1, unknown],
      [9, 'later'],
      [3, 'here'],
    ]);
    expect(decodeDecisionChanges(message)).toEqual({ decisions: [known], ended: [], cursor: 'here' });
  });

  test('a message is that field alone only where nothing stands before or after it', () => {
    const one = joinFields([[2, 'inside']]);
    expect(onlyField(one, 2)?.toString()).toBe('inside');
    expect(onlyField(one, 3)).toBeUndefined();
    expect(onlyField(Buffer.concat([one, one]), 2)).toBeUndefined();
    expect(onlyField(Buffer.alloc(0), 2)).toBeUndefined();
  });

  test.each<[string, Buffer]>([
    [
      'a decision without its times',
      joinFields([[1, WireDecision.encode({ ...generated(known), endsAt: undefined }).finish()]]),
    ],
    ['one that is cut off', Buffer.from(encodeDecisions([known])).subarray(0, -1)],
    ['a text that is none', joinFields([[1, joinFields([[1, Buffer.from([0xff])]])]])],
  ])('%s is malformed', (_, message) => {
    expect(refusal(() => decodeDecisionChanges(message))).toMatchObject({ code: 'MESSAGE_MALFORMED' });
  });

  test('whatever the bytes are, it ends with changes or is malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          decodeDecisionChanges(Buffer.from(noise));
        } catch (error) {
          expect(['MESSAGE_MALFORMED', 'FIELD_INVALID']).toContain((error as { code: string }).code);
        }
      }),
    );
  });
});
