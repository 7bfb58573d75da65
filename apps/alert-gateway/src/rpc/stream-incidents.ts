import { StreamIncidentsRequest } from '@therapytrain/alerts-api';
import { AlertError, type Cursor } from '@therapytrain/alerts-core';
import type { Desk } from '@therapytrain/alerts-manager';
import type { Tokens } from '../stream/cursor.ts';
import type { IncidentHub } from '../stream/incident-hub.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { notPlanning } from './desk-rpc.ts';
import { createStreaming, type StreamingParts } from './streaming.ts';

/** What the stream needs. Without a desk it answers `NOT_CONFIGURED`, as all that asks the desk does. */
export interface IncidentStreamParts extends StreamingParts {
  readonly desk?: Desk;
  readonly hub?: IncidentHub;
  readonly tokens: Tokens;
}

const placeOf = async (cursor: string, desk: Desk, tokens: Tokens): Promise<Cursor | undefined> => {
  if (cursor === '') return undefined;
  const place = tokens.read('incidents', '', cursor);
  if (place <= (await desk.changes.newest())) return place;
  throw new AlertError('CURSOR_INVALID', 'the cursor lies after the last change');
};

/** Makes the handler of `StreamIncidents`. */
export const createStreamIncidents = ({ desk, hub, tokens, ...parts }: IncidentStreamParts) =>
  createStreaming(async (message, view) => {
    if (!desk || !hub) throw notPlanning();
    const { cursor } = decodeStrictly(message, shapes.StreamIncidentsRequest, StreamIncidentsRequest.decode);
    const place = await placeOf(cursor, desk, tokens);
    return (sink) => hub.subscribe(place, sink, view);
  }, parts);
