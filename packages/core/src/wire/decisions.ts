import type { Instant } from '../ports.ts';
import { type Decision, decisionKindNames } from '../responder/decision.ts';
import { readTimestamp } from './decode.ts';
import { bytesTag, malformed, varintTag, WireReader } from './reader.ts';

/** What a `DecisionChanges` says. */
export interface DecodedChanges {
  /** Those of a kind that is not known here are left out. */
  readonly decisions: readonly Decision[];
  /** Ids. */
  readonly ended: readonly string[];
  readonly cursor: string;
}

const readDecision = (reader: WireReader, end: number): Decision | undefined => {
  const to = reader.span(end);
  let [id, target, resource, playbook, incident] = ['', '', '', '', ''];
  let [kind, perMinute] = [0, 0];
  let from: Instant | undefined;
  let until: Instant | undefined;
  while (reader.at < to) {
    const tag = reader.tag(to);
    switch (tag) {
      // What is kept for long must not keep the message that it came in.
      case bytesTag(1):
        id = reader.ownText(to);
        break;
      case varintTag(2):
        kind = reader.varint(to);
        break;
      case bytesTag(3):
        target = reader.ownText(to);
        break;
      case bytesTag(4):
        resource = reader.ownText(to);
        break;
      case varintTag(5):
        perMinute = reader.varint(to);
        break;
      case bytesTag(6):
        from = readTimestamp(reader, to);
        break;
      case bytesTag(7):
        until = readTimestamp(reader, to);
        break;
      case bytesTag(8):
        playbook = reader.text(to);
        break;
      case bytesTag(9):
        incident = reader.text(to);
        break;
      default:
        reader.skip(tag, to);
    }
  }
  if (from === undefined || until === undefined) throw malformed('a decision has no time');
  const name = decisionKindNames[kind - 1];
  return name && { id, kind: name, target, resource, perMinute, from, until, playbook, incident };
};

/**
 * Decodes a `DecisionChanges`, of which a snapshot has thousands. Fields that are not known are passed over. What does not
 * decode, or has no time, is `MESSAGE_MALFORMED`.
 */
export const decodeDecisionChanges = (message: Buffer): DecodedChanges => {
  const reader = new WireReader(message, Number.POSITIVE_INFINITY);
  const decisions: Decision[] = [];
  const ended: string[] = [];
  let cursor = '';
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag === bytesTag(1)) {
      const decision = readDecision(reader, message.length);
      if (decision) decisions.push(decision);
    } else if (tag === bytesTag(2)) ended.push(reader.ownText(message.length));
    else if (tag === bytesTag(3)) cursor = reader.ownText(message.length);
    else reader.skip(tag, message.length);
  }
  return { decisions, ended, cursor };
};

/** The inside of a message that is one field of this number and nothing else; undefined for every other message. */
export const onlyField = (message: Buffer, field: number): Buffer | undefined => {
  if (message[0] !== bytesTag(field)) return undefined;
  const reader = new WireReader(message, 1);
  reader.tag(message.length);
  const to = reader.span(message.length);
  return to === message.length ? message.subarray(reader.at, to) : undefined;
};
