import {
  type DeliveryServiceServer,
  GetAccountingRequest,
  ListDeadLettersRequest,
  ListDeliveriesRequest,
  ReplayDeadLettersRequest,
} from '@therapytrain/alerts-api';
import { AlertError, type Delivery, type DeliveryQuery, joinFields, deliveryStates } from '@therapytrain/alerts-core';
import { outside } from '../identity/refusals.ts';
import type { Asker } from './unary.ts';
import { decodeStrictly, shapes } from './decode.ts';
import type { DeskHandles, DeskRpcParts } from './desk-rpc.ts';
import type { Desk } from '@therapytrain/alerts-manager';
import { encodeAccount, encodeDelivery } from './desk-wire.ts';
import { check, commandOf, idFault, namesOf, optionalIdFault, writtenFault } from './fields.ts';
import { encodePage, largestChunk, scanned } from './pages.ts';

type Filter = Pick<DeliveryQuery, 'ids' | 'incident' | 'channel' | 'states'>;

interface Selection {
  readonly incidentId: string;
  readonly channel: string;
}

const selectionFaults = ({ incidentId, channel }: Selection) => [
  optionalIdFault('incidentId', incidentId),
  writtenFault('channel', channel),
];

const filterOf = ({ incidentId, channel }: Selection, states: readonly Delivery['state'][]): Filter => ({
  ...(incidentId === '' ? {} : { incident: incidentId.toLowerCase() }),
  ...(channel === '' ? {} : { channel }),
  ...(states.length === 0 ? {} : { states: [...states].sort() }),
});

const isShown = async (desk: Desk, incident: string, { view }: Asker): Promise<boolean> => {
  try {
    return view.passes((await desk.incident(incident)).facts);
  } catch (error) {
    if (error instanceof AlertError && error.code === 'INCIDENT_NOT_FOUND') return false;
    throw error;
  }
};

/** Which of these somebody may see: those of incidents that its condition lets through. Digests tell of many. */
const shownOf = async (desk: Desk, deliveries: readonly Delivery[], asker: Asker): Promise<ReadonlySet<string>> => {
  const known = new Map<string, boolean>();
  const shown = new Set<string>();
  for (const { id, incident } of deliveries) {
    if (!asker.principal.when) shown.add(id);
    else if (incident !== '') {
      const is = known.get(incident) ?? (await isShown(desk, incident, asker));
      known.set(incident, is);
      if (is) shown.add(id);
    }
  }
  return shown;
};

const listing = (desk: Desk, filter: Filter, asker: Asker) => {
  let shown: ReadonlySet<string> = new Set();
  return {
    name: JSON.stringify(['deliveries', filter]),
    read: async (before: string | undefined, limit: number) => {
      const batch = await desk.deliveries({ ...filter, limit, ...(before === undefined ? {} : { before }) });
      shown = await shownOf(desk, batch, asker);
      return batch;
    },
    passes: ({ id }: Delivery) => shown.has(id),
    encode: encodeDelivery,
  };
};

const mostIds = 100;

const eachIdFault = (ids: readonly string[]) => ids.map((id, at) => idFault(`deliveryIds[${at}]`, id));

const idsFaults = ({ deliveryIds }: { readonly deliveryIds: readonly string[] }) => [
  deliveryIds.length > mostIds ? { field: 'deliveryIds', rule: `has more than ${mostIds} ids` } : undefined,
  ...eachIdFault(deliveryIds),
];

/** Dead letters that are wanted, newest first: one more than may be replayed at once, at most. */
const deadLetters = async (
  desk: Desk,
  filter: Filter,
  ids: readonly string[],
  asker: Asker,
): Promise<readonly Delivery[]> => {
  const wanted = new Set(ids);
  const enough = wanted.size > 0 ? wanted.size : mostIds + 1;
  const list = listing(desk, { ...filter, states: ['dead'] }, asker);
  const found: Delivery[] = [];
  for (let looked = 0, before: string | undefined; looked < scanned; looked += largestChunk) {
    const batch = await list.read(before, largestChunk);
    found.push(...batch.filter((each) => list.passes(each) && (wanted.size === 0 || wanted.has(each.id))));
    before = batch.at(-1)?.id;
    if (found.length >= enough || batch.length < largestChunk) break;
  }
  return found.slice(0, enough);
};

// Nothing at all would be everything, which nobody should ask for by mistake.
const selectionRule = ({ deliveryIds, incidentId, channel }: ReplayDeadLettersRequest): string | undefined => {
  const isNamed = deliveryIds.length > 0;
  const isFiltered = incidentId !== '' || channel !== '';
  if (deliveryIds.length > mostIds) return `has more than ${mostIds} ids`;
  if (isNamed && isFiltered) return 'cannot be given together with an incident or a channel';
  return isNamed || isFiltered ? undefined : 'is required, or an incident, or a channel';
};

const checkReplay = (request: ReplayDeadLettersRequest): void => {
  const rule = selectionRule(request);
  check(
    optionalIdFault('requestId', request.requestId),
    rule === undefined ? undefined : { field: 'deliveryIds', rule },
    ...eachIdFault(request.deliveryIds),
    ...selectionFaults(request),
  );
};

// Those that are not there any more are passed over, as they are for everybody.
const checkShown = async (desk: Desk, ids: readonly string[], asker: Asker): Promise<void> => {
  if (!asker.principal.when) return;
  const found = await desk.deliveries({ ids, limit: ids.length });
  if ((await shownOf(desk, found, asker)).size < found.length) throw outside();
};

const replay = async (
  desk: Desk,
  message: Buffer,
  { parts, asker }: { readonly parts: DeskRpcParts; readonly asker: Asker },
): Promise<Buffer> => {
  const request = decodeStrictly(message, shapes.ReplayDeadLettersRequest, ReplayDeadLettersRequest.decode, {
    2: 'text',
  });
  checkReplay(request);
  const named = [...new Set(request.deliveryIds.map((id) => id.toLowerCase()))];
  const isKnown = named.length > 0 && !request.dryRun;
  const found = isKnown ? [] : await deadLetters(desk, filterOf(request, []), named, asker);
  const chosen = found.slice(0, mostIds);
  const ids = isKnown ? named : chosen.map(({ id }) => id);
  if (isKnown) await checkShown(desk, ids, asker);
  const replayed = request.dryRun
    ? chosen
    : await desk.replay({ ...commandOf(request.requestId, asker.principal.name, parts.ids), ids });
  const items = joinFields(replayed.map((each) => [1, encodeDelivery(each)] as const));
  // `more`, field 2.
  return found.length > chosen.length ? Buffer.concat([items, Buffer.of(2 * 8, 1)]) : items;
};

/** `DeliveryService`. */
export const createDeliveryHandles = (parts: DeskRpcParts): DeskHandles<DeliveryServiceServer> => ({
  listDeliveries: (desk, message, _source, asker) => {
    const request = decodeStrictly(message, shapes.ListDeliveriesRequest, ListDeliveriesRequest.decode, {
      5: 'number',
      6: 'text',
    });
    check(...selectionFaults(request), ...idsFaults(request));
    const ids = [...new Set(request.deliveryIds.map((id) => id.toLowerCase()))].sort();
    const chosen = filterOf(request, namesOf('states', request.states, deliveryStates));
    const filter = ids.length === 0 ? chosen : { ...chosen, ids };
    return encodePage(listing(desk, filter, asker), request, parts.tokens);
  },
  listDeadLetters: (desk, message, _source, asker) => {
    const request = decodeStrictly(message, shapes.ListDeadLettersRequest, ListDeadLettersRequest.decode);
    check(...selectionFaults(request));
    return encodePage(listing(desk, filterOf(request, ['dead']), asker), request, parts.tokens);
  },
  replayDeadLetters: (desk, message, _source, asker) => replay(desk, message, { parts, asker }),
  getAccounting: async (desk, message) => {
    decodeStrictly(message, shapes.GetAccountingRequest, GetAccountingRequest.decode);
    return joinFields((await desk.accounting()).map((account) => [1, encodeAccount(account)] as const));
  },
});
