import { GetAlertRequest, ListAlertsRequest } from '@therapytrain/alerts-api';
import {
  AlertError,
  type AlertLog,
  type Cursor,
  fieldError,
  joinFields,
  type KeptAlert,
  uuidPattern,
} from '@therapytrain/alerts-core';
import type { Tokens } from '../stream/cursor.ts';
import { compileFilter } from '../stream/topics.ts';
import type { Asker } from './unary.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { largestChunk, pageBytes, pageSizeOf, scanned } from './pages.ts';

/** `GetAlert`: the alert's bytes as they were kept, or as the caller may read them. */
export const createGetAlert =
  (log: AlertLog) =>
  async (message: Buffer, _source: string, { view }: Asker): Promise<Buffer> => {
    const { alertId } = decodeStrictly(message, shapes.GetAlertRequest, GetAlertRequest.decode);
    if (!uuidPattern.test(alertId)) throw fieldError([{ field: 'alertId', rule: 'is not a UUID in text form' }]);
    const kept = await log.find(alertId.toLowerCase());
    const shown = kept && view.alert(kept);
    if (!shown) throw new AlertError('ALERT_NOT_FOUND', 'no alert of this id is kept');
    return joinFields([[1, shown]]);
  };

interface Page {
  readonly alerts: Uint8Array[];
  readonly next: Cursor | undefined;
}

// Looks at a bounded part of the log, newest first, and gives other calls their turn after each chunk.
const collect = async (
  log: AlertLog,
  from: Cursor,
  size: number,
  shownOf: (alert: KeptAlert) => Uint8Array | undefined,
): Promise<Page> => {
  const alerts: Uint8Array[] = [];
  let bytes = 0;
  let place = from;
  // The first chunk is what an unfiltered page needs; where a filter wants more, the others are larger.
  let chunk = Math.min(size + 1, largestChunk);
  for (let looked = 0; looked < scanned; looked += chunk, chunk = largestChunk) {
    const batch = await log.readBack(place, chunk);
    for (const alert of batch.alerts) {
      const shown = shownOf(alert);
      if (!shown) continue;
      bytes += shown.length + 8;
      if (alerts.length === size || bytes > pageBytes) return { alerts, next: alert.sequence };
      alerts.push(shown);
    }
    place = batch.cursor;
    if (batch.alerts.length === 0) return { alerts, next: undefined };
  }
  return { alerts, next: place };
};

/** `ListAlerts`: a page of the log, newest first, as the caller may read it. */
export const createListAlerts =
  (log: AlertLog, tokens: Tokens) =>
  async (message: Buffer, _source: string, { view }: Asker): Promise<Buffer> => {
    const request = decodeStrictly(message, shapes.ListAlertsRequest, ListAlertsRequest.decode);
    const { pageToken, filter } = request;
    const size = pageSizeOf(request.pageSize);
    const expression = compileFilter(filter);
    const from = pageToken === '' ? log.bounds().newest : tokens.read('page', filter, pageToken);
    const page = await collect(log, from, size, (alert) => view.alert(alert, expression));
    const token = page.next === undefined ? '' : tokens.signer('page', filter)(page.next);
    return joinFields([...page.alerts.map((shown) => [1, shown] as const), ...(token ? [[2, token] as const] : [])]);
  };
