import {
  CreateSilenceRequest,
  ExpireSilenceRequest,
  ListSilencesRequest,
  PreviewSilenceRequest,
  PreviewSilenceResponse,
  type SilenceServiceServer,
} from '@therapytrain/alerts-api';
import {
  AlertSeverity,
  compileExpression,
  ExpressionError,
  fieldError,
  type Instant,
  joinFields,
  type Silence,
} from '@therapytrain/alerts-core';
import type { ListedSilence } from '@therapytrain/alerts-manager';
import { lacks, outside } from '../identity/refusals.ts';
import type { Asker } from './unary.ts';
import { decodeStrictly, shapes } from './decode.ts';
import type { DeskHandles, DeskRpcParts } from './desk-rpc.ts';
import { encodeIncident, encodeSilence } from './desk-wire.ts';
import { check, commandOf, idFault, instantOf, optionalIdFault, severityOr, writtenFault } from './fields.ts';
import { encodePage } from './pages.ts';

const answer = (silence: Silence, { view }: Asker): Buffer => joinFields([[1, encodeSilence(view.silence(silence))]]);

// What is no condition by itself, the desk refuses; it must not become one between brackets.
const isExpression = (when: string): boolean => {
  try {
    return compileExpression(when).source === when;
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
};

/**
 * The condition as it will stand. How much a silence holds back tells whether its condition is true, so nobody may ask
 * about what it may not read; and nobody holds back what its own condition does not let through.
 */
const allowed = (when: string, { principal, view }: Asker): string => {
  if (!isExpression(when)) return when;
  if (!view.mayAsk(when)) throw lacks('alerts.read.health');
  // Each ends on a line of its own: it may end with a comment.
  return principal.when ? `(${principal.when.source}\n) && (${when}\n)` : when;
};

const longest = 366n * 86_400n;
const lengthRule = 'is not more than 0 and at most 366 days';

const endOf = ({ end }: CreateSilenceRequest, from: Instant): Instant => {
  switch (end?.$case) {
    case undefined:
      throw fieldError([{ field: 'endsAt', rule: 'is required, or `length`: every silence ends' }]);
    case 'endsAt':
      return instantOf('endsAt', end.value);
    case 'length': {
      const { seconds, nanos } = end.value;
      const isSpan = seconds >= 0n && seconds <= longest && nanos >= 0 && nanos <= 999_999_999;
      const millis = isSpan ? Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000) : 0;
      if (millis > 0) return from + millis;
      throw fieldError([{ field: 'length', rule: lengthRule }]);
    }
  }
};

// They are few, and the desk knows them all.
const below = <T extends Silence>(silences: readonly T[], before: string | undefined, limit: number): readonly T[] =>
  silences
    .filter(({ id }) => before === undefined || id < before)
    .sort((one, other) => (one.id < other.id ? 1 : -1))
    .slice(0, limit);

/** `SilenceService`. */
export const createSilenceHandles = ({ tokens, ids, clock }: DeskRpcParts): DeskHandles<SilenceServiceServer> => ({
  createSilence: async (desk, message, source, asker) => {
    const request = decodeStrictly(message, shapes.CreateSilenceRequest, CreateSilenceRequest.decode);
    const { requestId, when, reason, startsAt } = request;
    check(
      optionalIdFault('requestId', requestId),
      writtenFault('when', when, true),
      writtenFault('reason', reason, true),
    );
    const upTo = severityOr('upTo', request.upTo, AlertSeverity.HIGH);
    const from = startsAt === undefined ? undefined : instantOf('startsAt', startsAt);
    const until = endOf(request, from ?? clock.now());
    const command = { ...commandOf(requestId, source, ids), when: allowed(when, asker), reason, until, upTo };
    return answer(await desk.createSilence(from === undefined ? command : { ...command, from }), asker);
  },
  previewSilence: async (desk, message, _source, asker) => {
    const request = decodeStrictly(message, shapes.PreviewSilenceRequest, PreviewSilenceRequest.decode);
    check(writtenFault('when', request.when, true));
    const upTo = severityOr('upTo', request.upTo, AlertSeverity.HIGH);
    const { alerts, incidents } = await desk.previewSilence({ when: allowed(request.when, asker), upTo });
    const shown = incidents.map((each) => asker.view.incident(each)).filter((each) => each !== undefined);
    const count = PreviewSilenceResponse.encode({ alertCount: BigInt(alerts), incidents: [] }).finish();
    return Buffer.concat([count, joinFields(shown.map((each) => [2, encodeIncident(each)] as const))]);
  },
  listSilences: (desk, message, _source, { view }) => {
    const request = decodeStrictly(message, shapes.ListSilencesRequest, ListSilencesRequest.decode);
    const list = {
      name: 'silences',
      read: async (before: string | undefined, limit: number) => below(await desk.silences(), before, limit),
      encode: (silence: ListedSilence) => encodeSilence(view.silence(silence)),
    };
    return encodePage(list, request, tokens);
  },
  expireSilence: async (desk, message, source, asker) => {
    const request = decodeStrictly(message, shapes.ExpireSilenceRequest, ExpireSilenceRequest.decode);
    const { requestId, silenceId } = request;
    check(optionalIdFault('requestId', requestId), idFault('silenceId', silenceId));
    const silence = silenceId.toLowerCase();
    if (asker.principal.when) {
      // What others hold back may lie outside of the condition; it may end what it began.
      const found = (await desk.silences()).find((each) => each.id === silence);
      if (found && found.author !== source) throw outside();
    }
    return answer(await desk.expireSilence({ ...commandOf(requestId, source, ids), silence }), asker);
  },
});
