import {
  type Alert,
  type AlertDraft,
  AlertError,
  type AlertLog,
  decodeAlert,
  type Delivery,
  type Explanation,
  type ExplanationStep,
  firstUnmet,
  type Incident,
  type Ports,
  severities,
  severityName,
  type Store,
} from '@therapytrain/alerts-core';
import { explainDetections } from './explain-detections.ts';
import { type ExplainedControl, explainLeg } from './explain-legs.ts';
import { explainPlaybooks } from './explain-playbooks.ts';
import { isPassedOver } from './policy/matching.ts';
import type { Policy, Route } from './policy/policy.ts';
import { accept } from './stages/accept.ts';
import { correlate } from './stages/correlate.ts';
import { factsOf, groupKey, resolves } from './stages/group.ts';
import { mutedBy, type Standing } from './stages/mute.ts';
import { legsOf, route } from './stages/route.ts';
import { createStanding } from './standing.ts';

/** Explains a kept alert, or one that might come. */
export type Explain = (
  what: { readonly alertId: string } | { readonly draft: AlertDraft; readonly source: string },
) => Promise<Explanation>;

/** A notice as it would look to a channel: its headline, then each fact and how many were left out. */
export interface Preview {
  readonly headline: string;
  readonly lines: readonly string[];
}

/** What explaining works with. */
export interface ExplainParts {
  readonly log: AlertLog;
  readonly store: Store;
  readonly policy: () => Policy;
  readonly ports: Ports;
  readonly control: ExplainedControl;
  /** What the channel of this name would say of the incident's newest alert; undefined where there is no such channel. */
  readonly preview: (channel: string, incident: Incident, alert: Alert) => Preview | undefined;
}

const step = (
  name: string,
  verdict: ExplanationStep['verdict'],
  detail: string,
  steps: readonly ExplanationStep[] = [],
): ExplanationStep => ({ name, verdict, detail, steps });

const groupStep = (alert: Alert, policy: Policy): ExplanationStep => {
  if (alert.dedupKey !== '') return step('group', 'info', 'by the dedup key that its reporter gave');
  const keys = policy.groupBy(alert.type);
  if (keys) return step('group', 'info', `by type and ${keys.join(', ')}, as the policy says for ${alert.type}`);
  const identity = policy.types.identityKeys(alert.type);
  return step('group', 'info', `by its fingerprint: type, source${identity.map((key) => `, ${key}`).join('')}`);
};

// As matching goes: of routes side by side the first that takes it ends the search, unless it continues.
const routeSteps = (routes: readonly Route[], incident: Incident): readonly ExplanationStep[] => {
  let taker: string | undefined;
  return routes.map((each) => {
    const name = `route ${each.name}`;
    if (taker !== undefined) return step(name, 'no', `not tried: ${taker} takes it, and does not continue`);
    const tried = routeStep(each, incident);
    if (tried.verdict === 'yes' && !each.continues) taker = name;
    return tried;
  });
};

const routeStep = (each: Route, incident: Incident): ExplanationStep => {
  const unmet = each.when && firstUnmet(each.when, incident.facts);
  const takes = unmet === undefined;
  const said =
    each.when === undefined ? 'takes everything' : takes ? `takes it: ${each.when.source}` : `not met: ${unmet}`;
  const inner = takes ? routeSteps(each.routes, incident) : [];
  return step(`route ${each.name}`, takes ? 'yes' : 'no', said, inner);
};

const noticeSteps = (preview: Preview | undefined): readonly ExplanationStep[] => {
  if (!preview) return [];
  const { headline, lines } = preview;
  return [
    step(
      'notice',
      'info',
      headline,
      lines.map((line) => step('says', 'info', line)),
    ),
  ];
};

const legSteps = (
  incident: Incident,
  policy: Policy,
  within: (channel: string) => readonly ExplanationStep[],
): readonly ExplanationStep[] =>
  legsOf(incident, policy).map(({ channel, route: by }) =>
    step(
      `channel ${channel}`,
      'yes',
      `by route ${by.name}, kind ${policy.channels.get(channel)?.kind ?? 'unknown'}`,
      within(channel),
    ),
  );

/** The nearest severity at which more channels would be reached than now. */
const nearestMiss = (incident: Incident, policy: Policy): readonly ExplanationStep[] => {
  const now = new Set(legsOf(incident, policy).map(({ channel }) => channel));
  for (const severity of severities.filter((each) => each > incident.severity)) {
    const facts = { ...incident.facts, severity };
    const more = legsOf({ ...incident, severity, facts }, policy)
      .map(({ channel }) => channel)
      .filter((channel) => !now.has(channel));
    if (more.length > 0) {
      return [
        step(
          'nearest miss',
          'info',
          `would also have gone to ${more.join(', ')} if severity were ${severityName(severity)}`,
        ),
      ];
    }
  }
  return [];
};

const muteStep = (incident: Incident, standing: Standing, policy: Policy, now: number): ExplanationStep => {
  const mute = mutedBy(incident, standing, policy, now);
  if (!mute) return step('not held back', 'info', 'by no silence, inhibition or maintenance window');
  const silence = standing.silences.find(({ silence: { id } }) => id === mute.name)?.silence;
  const until = mute.until === undefined ? '' : ` until ${new Date(mute.until).toISOString()}`;
  return step('held back', 'yes', `by ${mute.by} ${mute.name}${silence ? ` of ${silence.author}` : ''}${until}`);
};

const deliveryStep = ({ id, target, state, attempts, lastReason, event, digest }: Delivery): ExplanationStep =>
  step(
    `delivery ${id}`,
    state === 'done' ? 'yes' : state === 'dead' || state === 'cancelled' ? 'no' : 'info',
    `${event} through ${target}: ${state} after ${attempts} attempts${lastReason ? `, the last ended ${lastReason}` : ''}${digest ? `, in the digest ${digest}` : ''}`,
  );

const hypothetical = (alert: Alert, before: Incident | undefined, policy: Policy, ports: Ports) =>
  correlate(groupKey(alert, policy), [alert], before, { policy, now: ports.clock.now(), ids: ports.ids });

/** Why nobody knows of an incident of it. */
const unplanned = async (alert: Alert, policy: Policy, store: Pick<Store, 'cursor'>): Promise<string> => {
  if (isPassedOver(policy)) return 'nothing is planned: the policy has no routes and no detections';
  if (resolves(alert)) return 'it says that something is over, of which nobody knew';
  if (alert.sequence > (await store.cursor())) return 'it is not planned yet';
  return 'it was passed over, because the policy had no routes when it came, or its incident is past its retention';
};

/** Makes the function that explains. It calls the stages of the plan, so that it cannot disagree with them. */
export const createExplain = ({ log, store, policy: policyNow, ports, control, preview }: ExplainParts): Explain => {
  const standingAt = createStanding(store);
  const kept = async (alertId: string): Promise<Alert> => {
    const found = await log.find(alertId);
    if (!found) throw new AlertError('ALERT_NOT_FOUND', 'no alert of this id is kept');
    return decodeAlert(found.encoded);
  };
  const tree = async (alert: Alert, isKept: boolean): Promise<Explanation> => {
    const policy = policyNow();
    const now = ports.clock.now();
    const [before] = await store.incidentsOf([groupKey(alert, policy)], isKept ? 0 : now - policy.reopenWithin);
    const touched = isKept ? undefined : hypothetical(alert, before, policy, ports);
    // A kept alert is told of with its incident's highest severity, as it was and is told.
    const incident = isKept ? before : touched?.incident;
    const base = { alertId: isKept ? alert.id : '', policy: policy.version, incident: before?.id ?? '' };
    const detections = await explainDetections(alert, isKept, policy, store);
    if (!incident) {
      const why = await unplanned(alert, policy, store);
      return { ...base, steps: [groupStep(alert, policy), step('incident', 'no', why), ...detections] };
    }
    const standing = await standingAt(policy, now);
    const view = isKept ? { ...incident, facts: factsOf(alert, incident.severity) } : incident;
    const deliveries = isKept ? await store.deliveries({ incident: incident.id, limit: 50 }) : [];
    const plan = touched && route(touched, standing, { policy, now, ids: ports.ids });
    const said = isKept
      ? `${incident.state}, ${incident.count} alerts, ${severityName(incident.severity)}`
      : `would be ${touched?.change ?? 'untouched'}, with ${plan?.jobs.filter(({ kind }) => kind === 'delivery').length ?? 0} deliveries`;
    const legs = legSteps(view, policy, (channel) => [
      ...noticeSteps(preview(channel, view, alert)),
      ...explainLeg(view, channel, control, { policy, now, ids: ports.ids }),
    ]);
    return {
      ...base,
      steps: [
        groupStep(alert, policy),
        step('incident', 'info', said),
        ...detections,
        ...routeSteps(policy.routes, view),
        muteStep(view, standing, policy, now),
        ...(legs.length > 0 ? legs : [step('channels', 'no', 'no route takes it')]),
        ...nearestMiss(view, policy),
        // That something is over is nothing to act on.
        ...(touched?.incident.state === 'RESOLVED' ? [] : explainPlaybooks(view, policy, now)),
        ...deliveries.filter(({ kind }) => kind === 'delivery').map(deliveryStep),
      ],
    };
  };
  return async (what) => {
    if ('alertId' in what) return tree(await kept(what.alertId), true);
    return tree(accept(what.draft, what.source, { types: policyNow().types, ports }).alert, false);
  };
};
