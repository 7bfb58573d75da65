import { type CreateSilenceRequest, SilenceServiceService as methods, WireSeverity } from '@therapytrain/alerts-api';
import { fieldError, type Ids } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { askBy } from './method.ts';
import type { NewSilence, SilenceCalls } from './types.ts';
import { readIncident, readSilence } from './wire.ts';

const endOf = ({ until, length }: NewSilence): CreateSilenceRequest['end'] => {
  if ((until === undefined) === (length === undefined)) {
    throw fieldError([{ field: 'until', rule: 'is required, or `length`; not both' }]);
  }
  if (until !== undefined) return { $case: 'endsAt', value: new Date(until) };
  const millis = length ?? 0;
  if (!Number.isSafeInteger(millis)) throw fieldError([{ field: 'length', rule: 'is not a whole number' }]);
  const seconds = Math.floor(millis / 1_000);
  const value = { seconds: BigInt(seconds), nanos: (millis - seconds * 1_000) * 1_000_000 };
  return { $case: 'length', value };
};

const requestOf = (silence: NewSilence, ids: Ids): CreateSilenceRequest => {
  const { requestId = ids.next(), when, reason, from, upTo = WireSeverity.UNSPECIFIED } = silence;
  const startsAt = from === undefined ? undefined : new Date(from);
  return { requestId, when, reason, startsAt, end: endOf(silence), upTo };
};

/** Asks `SilenceService`. */
export const createSilenceCalls = (ask: Ask, ids: Ids): SilenceCalls => ({
  create: async (silence) => readSilence((await askBy(ask, methods.createSilence, requestOf(silence, ids))).silence),
  preview: async ({ when, upTo = WireSeverity.UNSPECIFIED }) => {
    const { alertCount, incidents } = await askBy(ask, methods.previewSilence, { when, upTo });
    return { alerts: Number(alertCount), incidents: incidents.map(readIncident) };
  },
  list: async ({ pageSize = 0, pageToken = '' } = {}) => {
    const { silences, nextPageToken } = await askBy(ask, methods.listSilences, { pageSize, pageToken });
    return { silences: silences.map(readSilence), nextPageToken };
  },
  expire: async (silenceId, { requestId = ids.next() } = {}) =>
    readSilence((await askBy(ask, methods.expireSilence, { requestId, silenceId })).silence),
});
