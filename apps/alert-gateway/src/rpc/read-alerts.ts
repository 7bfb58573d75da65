import { GetAlertRequest, ListAlertsRequest } from '@therapytrain/alerts-api';
import {
  AlertError,
  type AlertLog,
  type Cursor,
  decodeAlert,
  fieldError,
  joinFields,
  type KeptAlert,
  uuidPattern,
} from '@therapytrain/alerts-core';
import type { Tokens } from '../stream/cursor.ts';
import { compileFilter } from '../stream/topics.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { largestChunk, pageBytes, pageSizeOf, scanned } from './pages.ts';

/** `GetAlert`: the alert's bytes as they were kept. */
export const createGetAlert =
  (log: AlertLog) =>
  async (message: Buffer): Promise<Buffer> => {
    const { alertId } = decodeStrictly(message, shapes.GetAlertRequest, GetAlertRequest.decode);
    if (!uuidPattern.test(alertId)) throw fieldError([{ field: 'alertId', rule: 'is not a UUID in text form' }]);
    const kept = await log.find(alertId.toLowerCase());
    if (!kept) throw new AlertError('ALERT_NOT_FOUND', 'no alert of this id is kept');
    return joinFields([[1, kept.encoded]]);
  };

interface Page {
  readonly alerts: KeptAlert[];
  readonly next: Cursor | undefined;
}

// Looks at a bounded part of the log, newest first, and gives other calls their turn after each chunk.
const collect = async (
  log: AlertLog,
  from: Cursor,
  size: number,
  passes: (alert: KeptAlert) => boolean,
): Promise<Page> => {
  const alerts: KeptAlert[] = [];
  let bytes = 0;
  let place = from;
  // The first chunk is what an unfiltered page needs; where a filter wants more, the others are larger.
  let chunk = Math.min(size + 1, largestChunk);
  for (let looked = 0; looked < scanned; looked += chunk, chunk = largestChunk) {
    const batch = await log.readBack(place, chunk);
    for (const alert of batch.alerts) {
      if (passes(alert)) {
        bytes += alert.encoded.length + 8;
        if (alerts.length === size || bytes > pageBytes) return { alerts, next: alert.sequence };
        alerts.push(alert);
      }
    }
    place = batch.cursor;
    if (batch.alerts.length === 0) return { alerts, next: undefined };
  }
  return { alerts, next: place };
};

/** `ListAlerts`: a page of the log, newest first, as the alerts were kept. */
export const createListAlerts =
  (log: AlertLog, tokens: Tokens) =>
  async (message: Buffer): Promise<Buffer> => {
    const request = decodeStrictly(message, shapes.ListAlertsRequest, ListAlertsRequest.decode);
    const { pageToken, filter } = request;
    const size = pageSizeOf(request.pageSize);
    const expression = compileFilter(filter);
    const from = pageToken === '' ? log.bounds().newest : tokens.read('page', filter, pageToken);
    const page = await collect(log, from, size, ({ encoded }) => expression?.matches(decodeAlert(encoded)) ?? true);
    const token = page.next === undefined ? '' : tokens.signer('page', filter)(page.next);
    return joinFields([
      ...page.alerts.map(({ encoded }) => [1, encoded] as const),
      ...(token ? [[2, token] as const] : []),
    ]);
  };
