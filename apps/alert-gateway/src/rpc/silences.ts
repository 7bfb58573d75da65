import {
  CreateSilenceRequest,
  ExpireSilenceRequest,
  ListSilencesRequest,
  PreviewSilenceRequest,
  PreviewSilenceResponse,
  type SilenceServiceServer,
} from '@therapytrain/alerts-api';
import { AlertSeverity, fieldError, type Instant, joinFields, type Silence } from '@therapytrain/alerts-core';
import { decodeStrictly, shapes } from './decode.ts';
import type { DeskHandles, DeskRpcParts } from './desk-rpc.ts';
import { encodeIncident, encodeSilence } from './desk-wire.ts';
import { check, commandOf, idFault, instantOf, optionalIdFault, severityOr, writtenFault } from './fields.ts';
import { encodePage } from './pages.ts';

const answer = (silence: Silence): Buffer => joinFields([[1, encodeSilence(silence)]]);

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
  createSilence: async (desk, message, source) => {
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
    const command = { ...commandOf(requestId, source, ids), when, reason, until, upTo };
    return answer(await desk.createSilence(from === undefined ? command : { ...command, from }));
  },
  previewSilence: async (desk, message) => {
    const request = decodeStrictly(message, shapes.PreviewSilenceRequest, PreviewSilenceRequest.decode);
    check(writtenFault('when', request.when, true));
    const upTo = severityOr('upTo', request.upTo, AlertSeverity.HIGH);
    const { alerts, incidents } = await desk.previewSilence({ when: request.when, upTo });
    const count = PreviewSilenceResponse.encode({ alertCount: BigInt(alerts), incidents: [] }).finish();
    return Buffer.concat([count, joinFields(incidents.map((each) => [2, encodeIncident(each)] as const))]);
  },
  listSilences: (desk, message) => {
    const request = decodeStrictly(message, shapes.ListSilencesRequest, ListSilencesRequest.decode);
    const list = {
      name: 'silences',
      read: async (before: string | undefined, limit: number) => below(await desk.silences(), before, limit),
      encode: encodeSilence,
    };
    return encodePage(list, request, tokens);
  },
  expireSilence: async (desk, message, source) => {
    const request = decodeStrictly(message, shapes.ExpireSilenceRequest, ExpireSilenceRequest.decode);
    const { requestId, silenceId } = request;
    check(optionalIdFault('requestId', requestId), idFault('silenceId', silenceId));
    return answer(await desk.expireSilence({ ...commandOf(requestId, source, ids), silence: silenceId.toLowerCase() }));
  },
});
