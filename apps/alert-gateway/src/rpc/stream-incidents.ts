import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import { StreamIncidentsRequest } from '@therapytrain/alerts-api';
import { AlertError, type Cursor, type Principal } from '@therapytrain/alerts-core';
import type { Desk } from '@therapytrain/alerts-manager';
import type { Tokens } from '../stream/cursor.ts';
import type { View } from '../identity/view.ts';
import type { IncidentHub } from '../stream/incident-hub.ts';
import { callerOf } from './caller.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { notPlanning } from './desk-rpc.ts';
import { asAlertError, statusOf } from './status.ts';
import { sinkOf } from './stream-alerts.ts';

/** What the stream needs. */
export interface IncidentStreamParts {
  readonly desk: Desk;
  readonly hub: IncidentHub;
  readonly tokens: Tokens;
  readonly views: (principal: Principal) => View;
  /** Told of what should not happen. */
  readonly onDefect: (thrown: unknown) => void;
}

const placeOf = async (cursor: string, { desk, tokens }: IncidentStreamParts): Promise<Cursor | undefined> => {
  if (cursor === '') return undefined;
  const place = tokens.read('incidents', '', cursor);
  if (place <= (await desk.changes.newest())) return place;
  throw new AlertError('CURSOR_INVALID', 'the cursor lies after the last change');
};

/** Puts the caller among the subscribers. Throws what refuses the subscription. */
const subscribeToIncidents = async (
  call: ServerWritableStream<Buffer, Buffer>,
  parts: IncidentStreamParts,
  view: View,
): Promise<void> => {
  const { cursor } = decodeStrictly(call.request, shapes.StreamIncidentsRequest, StreamIncidentsRequest.decode);
  let stop = (): void => {};
  let left = false;
  const leave = (): void => {
    left = true;
    stop();
  };
  call.on('cancelled', leave);
  call.on('close', leave);
  const place = await placeOf(cursor, parts);
  if (left || call.cancelled) return;
  stop = parts.hub.subscribe(place, sinkOf(call, parts), view);
};

/**
 * Makes the handler of `StreamIncidents`. Without a desk it answers `NOT_CONFIGURED`, as all that asks the desk does.
 */
export const createStreamIncidents =
  (
    parts: Omit<IncidentStreamParts, 'desk' | 'hub'> & Partial<Pick<IncidentStreamParts, 'desk' | 'hub'>>,
    greet: () => Metadata,
  ) =>
  async (call: ServerWritableStream<Buffer, Buffer>): Promise<void> => {
    call.sendMetadata(greet());
    try {
      const { principal } = callerOf(call.metadata);
      const { desk, hub, tokens, views, onDefect } = parts;
      if (!desk || !hub) throw notPlanning();
      await subscribeToIncidents(call, { desk, hub, tokens, views, onDefect }, views(principal));
    } catch (error) {
      call.emit('error', Object.assign(new Error(), statusOf(asAlertError(error, parts.onDefect))));
    }
  };
