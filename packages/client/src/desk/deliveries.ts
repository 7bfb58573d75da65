import { DeliveryServiceService as methods } from '@therapytrain/alerts-api';
import { deliveryStates, type Ids } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { askBy } from './method.ts';
import type { DeliveryCalls, ListedAccount } from './types.ts';
import { numbersOf, readAccount, readDelivery } from './wire.ts';

/** Asks `DeliveryService`. */
export const createDeliveryCalls = (ask: Ask, ids: Ids): DeliveryCalls => ({
  list: async ({ ids: wanted = [], incident: incidentId = '', channel = '', states, ...page } = {}) => {
    const { pageSize = 0, pageToken = '' } = page;
    const chosen = { incidentId, channel, deliveryIds: [...wanted] };
    const request = { ...chosen, states: numbersOf(deliveryStates, states), pageSize, pageToken };
    const { deliveries, nextPageToken } = await askBy(ask, methods.listDeliveries, request);
    return { deliveries: deliveries.map(readDelivery), nextPageToken };
  },
  deadLetters: async ({ incident: incidentId = '', channel = '', pageSize = 0, pageToken = '' } = {}) => {
    const request = { incidentId, channel, pageSize, pageToken };
    const { deliveries, nextPageToken } = await askBy(ask, methods.listDeadLetters, request);
    return { deliveries: deliveries.map(readDelivery), nextPageToken };
  },
  replay: async (options) => {
    const { requestId = ids.next(), ids: deliveryIds = [], incident: incidentId = '', channel = '' } = options;
    const request = { requestId, deliveryIds: [...deliveryIds], incidentId, channel, dryRun: options.dryRun ?? false };
    const { deliveries, more } = await askBy(ask, methods.replayDeadLetters, request);
    return { deliveries: deliveries.map(readDelivery), more };
  },
});

/** Asks for the accounting. */
export const accounting = async (ask: Ask): Promise<readonly ListedAccount[]> =>
  (await askBy(ask, methods.getAccounting, {})).accounts.map(readAccount);
