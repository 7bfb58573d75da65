import { AlertSeverity, type Ids, type Instant, severityName, type Silence } from '@therapytrain/alerts-core';
import type { Policy } from '../policy/policy.ts';
import { type DocumentReading, readDocument } from '../policy/read-document.ts';
import type { SimulatedResponse } from '../simulate-responses.ts';
import { type ScriptedAlert, simulate, type SimulatedAlert, type Simulation } from '../simulate.ts';
import { type Expected, metadataOf, type PolicyCase, policyCasesSchema } from './schema.ts';

export { type PolicyCase, policyCasesSchema } from './schema.ts';

/** One expectation that was not met. */
export interface CaseFailure {
  /** What it is about: `channels`, or `alerts[1] channels`. */
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** How a case ended; it has passed where there is no failure. */
export interface CaseResult {
  readonly name: string;
  readonly failures: readonly CaseFailure[];
}

/** Reads a file of cases. Says every fault at once, with its line and column. */
export const casesOf = (
  text: string,
): DocumentReading<{ readonly policy: string; readonly cases: readonly PolicyCase[] }> =>
  readDocument(text, policyCasesSchema);

const day = 86_400_000;

const silencesOf = ({ silences }: PolicyCase, now: Instant): readonly Silence[] =>
  silences.map(({ name, when, up_to: upTo, from, until }) => ({
    ...{ id: name, when, author: 'test', reason: 'test', createdAt: now },
    from: from?.(now) ?? now,
    until: until?.(now) ?? now + day,
    upTo: AlertSeverity[upTo],
  }));

const scriptOf = ({ alerts, source }: PolicyCase, now: Instant): readonly ScriptedAlert[] =>
  alerts.flatMap((each) => Array.from({ length: each.times }, () => scripted(each, source, now)));

const scripted = (each: PolicyCase['alerts'][number], source: string, now: Instant): ScriptedAlert => ({
  at: each.at?.(now) ?? now,
  source: each.source ?? source,
  draft: {
    type: each.type,
    message: each.message,
    metadata: metadataOf(each),
    ...(each.severity && { severity: AlertSeverity[each.severity] }),
    ...(each.dedup_key !== undefined && { dedupKey: each.dedup_key }),
  },
});

/** What became of an alert, or of all of a case, in the words of expectations. */
type Actual = Readonly<Record<keyof Expected, unknown>>;

const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

const responseText = ({ playbook, responder, mode }: SimulatedResponse): string => `${playbook}: ${mode} ${responder}`;

const actualOf = (alerts: readonly SimulatedAlert[], later: Simulation['later']): Actual => {
  const last = alerts.at(-1);
  const incident = last?.incident;
  const notices = [...alerts, ...later].flatMap((each) => each.notices);
  return {
    receivers: sorted(alerts.filter(({ suppressed }) => !suppressed).flatMap(({ receivers }) => receivers)),
    channels: sorted(notices.map(({ channel }) => channel)),
    routes: sorted(alerts.flatMap(({ routes }) => routes)),
    suppressed_by: alerts.flatMap(({ suppressed }) => suppressed?.name ?? []).at(-1) ?? null,
    detections: sorted(alerts.flatMap(({ detections }) => detections)),
    responses: sorted(alerts.flatMap(({ responses }) => responses.map(responseText))),
    refused: last?.refused?.code ?? null,
    incident: incident
      ? { state: incident.state, severity: severityName(incident.severity), alerts: incident.count }
      : null,
    incidents: new Set(alerts.flatMap(({ incident: each }) => each?.id ?? [])).size,
  };
};

const shown = (value: unknown): string => {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([key, each]) => `${key} ${String(each)}`)
    .join(', ');
};

// An expectation says what it says: of an incident only the parts that are named.
const narrowed = (actual: unknown, expected: unknown): unknown => {
  const isPart = typeof expected === 'object' && expected !== null && !Array.isArray(expected);
  if (!isPart || typeof actual !== 'object' || actual === null) return actual;
  const keys = Object.keys(expected);
  return Object.fromEntries(keys.map((key) => [key, (actual as Record<string, unknown>)[key]]));
};

const textOf = (wanted: string | SimulatedResponse): string =>
  typeof wanted === 'string' ? wanted : responseText(wanted);

const failuresOf = (expected: Partial<Expected>, actual: Actual, prefix = ''): readonly CaseFailure[] =>
  (Object.keys(expected) as (keyof Expected)[]).flatMap((key) => {
    const wanted = expected[key];
    if (wanted === undefined) return [];
    const want = Array.isArray(wanted) ? sorted(wanted.map(textOf)) : wanted;
    const got = narrowed(actual[key], want);
    if (JSON.stringify(got) === JSON.stringify(want)) return [];
    return [{ what: `${prefix}${key}`, expected: shown(want), actual: shown(got) }];
  });

/** Runs one case against a policy: simulates its alerts, and says which expectations were not met. */
export const runCase = async (each: PolicyCase, policy: Policy, ids: Ids): Promise<CaseResult> => {
  const now = Date.parse(each.now);
  const until = each.until?.(now);
  const script = { alerts: scriptOf(each, now), silences: silencesOf(each, now) };
  const { alerts, later } = await simulate({ ...script, ...(until !== undefined && { until }) }, policy, ids);
  let place = 0;
  const ofAlerts = each.alerts.flatMap(({ expect, times }, index) => {
    place += times;
    const one = alerts[place - 1];
    return expect && one ? failuresOf(expect, actualOf([one], []), `alerts[${index}] `) : [];
  });
  return { name: each.name, failures: [...ofAlerts, ...failuresOf(each.expect, actualOf(alerts, later))] };
};
