import {
  type AlertDraft,
  AlertError,
  createIds,
  drafts,
  fieldError,
  type Ports,
  systemClock,
  systemRandom,
  createBackoff,
} from '@therapytrain/alerts-core';
import { createAsk, gatewayHealth, getAlert, listAlerts } from './calls.ts';
import { createDeskCalls } from './desk/desk.ts';
import { createLink } from './link.ts';
import { type AlertClientOptions, alertClientOptions, type AlertClientSettings } from './options.ts';
import { createFollowedCache } from './decisions/cache.ts';
import { createEnforcerCalls } from './decisions/calls.ts';
import type { DecisionCalls } from './decisions/types.ts';
import type { AlertClientParts } from './parts.ts';
import { createPrepareReport, createSendReport, type PreparedReport } from './report/report.ts';
import { createSender } from './report/sender.ts';
import { createSpooling } from './spool/spooling.ts';
import { createDecisionStream } from './stream/decisions.ts';
import { createIncidentStream } from './stream/incidents.ts';
import { createSubscribe } from './stream/subscribe.ts';
import type { AlertClient, ReportOptions } from './types.ts';

// Three heartbeats.
const silence = 45_000;
// Who listens wants to hear what happens; a report that waits is safe in the meantime, news that waits are old.
const longestDeafness = 2_000;

const parse = (options: AlertClientOptions): AlertClientSettings => {
  const parsed = alertClientOptions.safeParse(options);
  if (parsed.success) return parsed.data;
  throw fieldError(
    parsed.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'options', rule: message })),
  );
};

const systemPortsOr = ({ clock = systemClock, random = systemRandom, ids }: AlertClientParts): Ports => ({
  clock,
  random,
  ids: ids ?? createIds(clock, random),
});

/**
 * Makes a client. It connects when it is first used. Throws `FIELD_INVALID` for options that break their rules, and
 * `NOT_CONFIGURED` if alerts would go to another machine without encryption.
 */
export const createAlertClient = (options: AlertClientOptions = {}, parts: AlertClientParts = {}): AlertClient => {
  const settings = parse(options);
  const ports = systemPortsOr(parts);
  const { clock, random } = ports;
  const closing = new AbortController();
  const { signal } = closing;
  // Two connections: a flood of alerts to read must not stand in front of the answers to reports.
  const reports = createLink(settings, parts);
  const reads = createLink(settings, parts);
  const sender = createSender({ link: reports, settings, clock, random });
  const spooling =
    settings.spool && createSpooling({ options: settings.spool, settings, sender, ports, listeners: parts, signal });
  const prepare = createPrepareReport(ports, { stamp: spooling !== undefined, traceParent: parts.traceParent });
  const { deadline, retry } = settings;
  const send = createSendReport({ sender, clock, deadline, attempts: retry.attempts, shelter: spooling?.shelter });
  const ask = createAsk({ link: reads, settings, clock, random, signal });
  const backoff = createBackoff({ ...retry, maxDelay: Math.min(retry.maxDelay, longestDeafness) }, random);
  const streaming = { link: reads, clock, random, backoff, silence, signal };
  const subscribe = createSubscribe(streaming);
  const follow = createDecisionStream(streaming);
  const enforcing = createEnforcerCalls(ask);
  const decisions: DecisionCalls = {
    ...enforcing,
    stream: follow,
    cache: (cacheOptions) =>
      createFollowedCache({ clock, stream: follow, acknowledge: enforcing.acknowledge, signal }, cacheOptions),
  };

  const report = (draft: AlertDraft, reportOptions: ReportOptions = {}) => {
    if (signal.aborted) return Promise.reject(new AlertError('CLOSED', 'the client is closed'));
    let prepared: PreparedReport;
    try {
      prepared = prepare(draft);
    } catch (error) {
      return Promise.reject(error as AlertError);
    }
    const gate = spooling?.gate();
    return gate ? gate.then(() => send(prepared, reportOptions)) : send(prepared, reportOptions);
  };
  const shut = async (): Promise<void> => {
    closing.abort();
    await spooling?.ready().catch(() => {});
    await spooling?.stop();
    await sender.idle();
    await spooling?.close();
    await sender.close();
    reports.close();
    reads.close();
  };
  let closed: Promise<void> | undefined;
  return {
    report,
    handleAuthFailure: (...args) => report(drafts.authFailure(...args)),
    handleUnusualAccess: (...args) => report(drafts.unusualAccess(...args)),
    handleRateLimitBreach: (...args) => report(drafts.rateLimitBreach(...args)),
    handleDataViolation: (...args) => report(drafts.dataViolation(...args)),
    handleSystemHealth: (...args) => report(drafts.systemHealth(...args)),
    alerts: subscribe,
    get: (alertId) => getAlert(ask, alertId),
    list: (listOptions = {}) => listAlerts(ask, listOptions),
    health: () => gatewayHealth(ask, reads, clock),
    ...createDeskCalls(ask, ports.ids, createIncidentStream(streaming), decisions),
    spooled: () => spooling?.size() ?? 0,
    ready: () => spooling?.ready() ?? Promise.resolve(),
    close: () => (closed ??= shut()),
  };
};
