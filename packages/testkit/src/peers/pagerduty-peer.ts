import type { PeerBehaviour } from '../channel-checks/subject.ts';
import { type HttpPeer, type HttpVerdict, startHttpPeer } from './http-peer.ts';

/** What PagerDuty makes of the events of one dedup key. */
export interface PagerdutyIncident {
  readonly dedupKey: string;
  readonly state: 'triggered' | 'acknowledged' | 'resolved';
  /** The summary of the first event, which names the incident. */
  readonly summary: string;
  readonly severity: string;
  readonly events: number;
}

/** A peer that keeps the published rules of PagerDuty's Events API v2, and can be made to misbehave. */
export interface PagerdutyPeer extends HttpPeer {
  incidents(): readonly PagerdutyIncident[];
  /** Every rule that an event broke, in order. */
  violations(): readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown, most: number): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= most;

const largest = 512 * 1024;
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;

const payloadFaults = (payload: unknown): readonly string[] => {
  if (!isMap(payload)) return ["'payload' is missing or blank"];
  const { summary, source, severity, timestamp, custom_details: details } = payload;
  return [
    ...(isText(summary, 1_024) ? [] : ["'payload.summary' is missing or longer than 1024 characters"]),
    ...(isText(source, 1_024) ? [] : ["'payload.source' is missing or blank"]),
    ...(['critical', 'error', 'warning', 'info'].includes(String(severity)) ? [] : ["'payload.severity' is invalid"]),
    ...(timestamp === undefined || isoTime.test(String(timestamp)) ? [] : ["'payload.timestamp' is not ISO 8601"]),
    ...(details === undefined || isMap(details) ? [] : ["'payload.custom_details' is not an object"]),
  ];
};

const linkFaults = (links: unknown): readonly string[] => {
  if (links === undefined) return [];
  const sound = Array.isArray(links) && links.every((each) => isMap(each) && isText(each['href'], 2_048));
  return sound ? [] : ["'links' is not a list of objects with 'href'"];
};

const faultsOf = (event: Json, routingKey: string): readonly string[] => {
  const { routing_key: key, event_action: action, dedup_key: dedup, payload, links } = event;
  const triggers = action === 'trigger';
  return [
    ...(typeof key === 'string' && key.length === 32
      ? []
      : ["Length of 'routing_key' is incorrect (should be 32 characters)"]),
    ...(key === routingKey ? [] : ["'routing_key' is not known"]),
    ...(['trigger', 'acknowledge', 'resolve'].includes(String(action)) ? [] : ["'event_action' is invalid"]),
    ...(dedup === undefined
      ? triggers
        ? []
        : ["'dedup_key' is missing or blank"]
      : isText(dedup, 255)
        ? []
        : ["'dedup_key' is longer than 255"]),
    ...(triggers ? payloadFaults(payload) : []),
    ...linkFaults(links),
  ];
};

const say = (status: number, body: Json, counts: boolean): HttpVerdict => ({
  status,
  body: JSON.stringify(body),
  counts,
});

const invalid = (errors: readonly string[]): HttpVerdict =>
  say(400, { status: 'invalid event', message: 'Event object is invalid', errors }, true);

const read = (body: string): Json | undefined => {
  try {
    const json: unknown = JSON.parse(body);
    return isMap(json) ? json : undefined;
  } catch {
    return undefined;
  }
};

const createService = (routingKey: string) => {
  const incidents = new Map<string, PagerdutyIncident>();
  const violations: string[] = [];
  const trigger = (dedupKey: string, payload: Json): void => {
    const open = incidents.get(dedupKey);
    const { summary, severity } = payload as { summary: string; severity: string };
    // What is resolved is not opened again: the next event of the key makes a new one.
    if (!open || open.state === 'resolved')
      incidents.set(dedupKey, { dedupKey, state: 'triggered', summary, severity, events: 1 });
    else incidents.set(dedupKey, { ...open, severity, events: open.events + 1 });
  };
  const judge = (body: string): HttpVerdict => {
    if (Buffer.byteLength(body) > largest) return say(413, { status: 'payload too large' }, true);
    const event = read(body);
    const faults = event ? faultsOf(event, routingKey) : ['Event is not JSON'];
    violations.push(...faults);
    if (!event || faults.length > 0) return invalid(faults);
    const dedupKey = String(event['dedup_key'] ?? `generated-${incidents.size}`);
    const open = incidents.get(dedupKey);
    // PagerDuty takes an acknowledgement or a resolution of what is not open, and nobody sees anything of it.
    const seen = event['event_action'] === 'trigger' || open !== undefined;
    if (event['event_action'] === 'trigger') trigger(dedupKey, event['payload'] as Json);
    else if (open && open.state !== 'resolved') {
      incidents.set(dedupKey, { ...open, state: event['event_action'] === 'resolve' ? 'resolved' : 'acknowledged' });
    }
    return say(
      202,
      { status: 'success', message: 'Event processed', dedup_key: dedupKey },
      seen || event['payload'] !== undefined,
    );
  };
  return { judge, incidents, violations };
};

const idOf = (_: unknown, json: unknown): string => {
  const details = isMap(json) && isMap(json['payload']) ? json['payload']['custom_details'] : undefined;
  return isMap(details) ? String(details['delivery_id'] ?? '') : '';
};

const says: Partial<Record<PeerBehaviour, { status: number; body: string }>> = {
  unauthorised: invalid(["Length of 'routing_key' is incorrect (should be 32 characters)"]),
  refuse: invalid(["'payload.severity' is invalid"]),
};

/** Starts a PagerDuty on 127.0.0.1 that knows one routing key of 32 characters. It judges whatever it is given. */
export const startPagerdutyPeer = async (routingKey: string): Promise<PagerdutyPeer> => {
  const { judge, incidents, violations } = createService(routingKey);
  const peer = await startHttpPeer({ path: '/v2/enqueue', idOf, judge, says });
  return { ...peer, incidents: () => [...incidents.values()], violations: () => violations };
};
