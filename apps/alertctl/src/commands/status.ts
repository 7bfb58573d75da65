import { Command } from 'commander';
import { type Alert, AlertError } from '@therapytrain/alerts-core';
import {
  type ChannelStatus,
  type AuditCheckpoint,
  type GatewayHealth,
  type GatewayStatus,
  type ServingStatus,
} from '@therapytrain/alerts-client';
import { type Act } from '../act.ts';
import { ExitCode } from '../exit-code.ts';
import { aligned } from '../output/alerts.ts';
import { type Paint } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { age, fromNow, localTime, rfc3339 } from '../output/time.ts';
import { type Session } from '../session.ts';

const serving = (status: ServingStatus, paint: Paint): string =>
  paint(status === 'SERVING' ? 'green' : 'red', safeLine(status));

const newestText = (newest: Alert | undefined, now: number): string =>
  newest === undefined
    ? 'none'
    : `sequence ${newest.sequence}, received ${age(newest.receivedAt, now)} ago (${localTime(newest.receivedAt)})`;

// One that is older than this alertctl, or has no such part, cannot say it.
const ifTold = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AlertError && error.code === 'NOT_CONFIGURED') return undefined;
    throw error;
  }
};

const policyText = ({ version, refused }: NonNullable<GatewayStatus['policy']>, { paint, clock }: Session): string => {
  if (!refused) return safeLine(version);
  const what = `the last change was refused ${fromNow(refused.at, clock.now())} (${refused.code})`;
  return `${safeLine(version)}  ${paint('red', safeLine(what))}, see alertctl policy show`;
};

const breakerStyles = { closed: 'green', 'half-open': 'yellow', open: 'red' } as const;

const channelText = ({ channel, breaker, canaryAge }: ChannelStatus, { paint }: Session): string => {
  const state = breaker === undefined ? '' : `  ${paint(breakerStyles[breaker], `breaker ${breaker}`)}`;
  const canary = canaryAge === undefined ? '' : `, last canary ${age(0, canaryAge)} ago`;
  return `${safeLine(channel)}${state}${canary}`;
};

const moreLines = (session: Session, { policy, planning, startedAt, reports }: GatewayStatus) => {
  const { kept, refused, shed } = reports;
  const facts: (readonly [string, string])[] = [
    ['Up since', `${localTime(startedAt)} (${age(startedAt, session.clock.now())})`],
    ['Reports', `${kept} kept, ${refused} refused, ${shed} shed since then`],
  ];
  if (planning) facts.push(['To be planned', `${planning.lag} alerts`]);
  for (const channel of planning?.channels ?? []) facts.push(['Channel', channelText(channel, session)]);
  if (policy) facts.push(['Policy', policyText(policy, session)]);
  return facts;
};

const auditText = ({ state, detail }: AuditCheckpoint, paint: Paint): string =>
  state === 'healthy' ? paint('green', 'healthy') : paint('red', safeLine(`${state}: ${detail}`));

/** All that was asked. */
interface Asked {
  readonly health: GatewayHealth;
  readonly newest: Alert | undefined;
  readonly more: GatewayStatus | undefined;
  readonly audit: AuditCheckpoint | undefined;
}

const lines = (session: Session, { health, newest, more, audit }: Asked): readonly string[] =>
  aligned(
    [
      ['Gateway', `${safeLine(session.global.address)}  ${serving(health.status, session.paint)}`],
      ['Alert service', serving(health.service, session.paint)],
      ['Version', safeLine(health.version ?? 'not said')],
      ['Round trip', `${health.roundTrip.toFixed(1)} ms`],
      ['Newest alert', newestText(newest, session.clock.now())],
      ...(more ? moreLines(session, more) : []),
      ...(audit ? [['Audit log', auditText(audit, session.paint)] as const] : []),
    ],
    session.paint,
  );

const json = ({ global }: Session, { health, newest, more, audit }: Asked) => ({
  address: global.address,
  status: health.status,
  services: { alerts: health.service },
  version: health.version ?? null,
  roundTripMillis: health.roundTrip,
  newest: newest ? { id: newest.id, sequence: newest.sequence, receivedAt: rfc3339(newest.receivedAt) } : null,
  audit: audit ? { state: audit.state, detail: audit.detail } : null,
  reports: more?.reports ?? null,
  planning: more?.planning
    ? {
        ...more.planning,
        channels: more.planning.channels.map(({ channel, breaker, canaryAge }) => ({
          ...{ channel, breaker: breaker ?? null, canaryAgeMillis: canaryAge ?? null },
        })),
      }
    : null,
  policy: more?.policy
    ? {
        version: more.policy.version,
        loadedAt: rfc3339(more.policy.loadedAt),
        refused: more.policy.refused ? { ...more.policy.refused, at: rfc3339(more.policy.refused.at) } : null,
      }
    : null,
});

const status = async (session: Session): Promise<ExitCode> => {
  await session.client.health();
  // The first question made the connection; the second tells how fast the gateway answers.
  const health = await session.client.health();
  const ready = health.status === 'SERVING' && health.service === 'SERVING';
  // While the audit log is not well the gateway as a whole is not, and alerts are kept all the same.
  const serves = health.service === 'SERVING';
  const newest = serves ? (await session.client.list({ pageSize: 1 })).alerts[0] : undefined;
  const more = serves ? await ifTold(session.client.status()) : undefined;
  const audit = serves ? await ifTold(session.client.audit.checkpoint()) : undefined;
  const asked = { health, newest, more, audit };
  if (session.global.json) await session.printJson(json(session, asked));
  else await session.print(lines(session, asked));
  return ready ? ExitCode.OK : ExitCode.REFUSED;
};

/** `alertctl status`: whether the gateway is well. */
export const statusCommand = (act: Act): Command =>
  new Command('status')
    .summary('show how the gateway is')
    .description(
      'Shows how the gateway is: whether it serves, its version, how fast it answers, the newest alert, ' +
        'what was reported, whether attempts are made through each channel and when its last canary arrived, the policy ' +
        'in force and whether a change of it was refused.',
    )
    .addHelpText(
      'after',
      `
Examples:
  alertctl status
  alertctl status --json | jq .newest.sequence
  until alertctl status >/dev/null 2>&1; do sleep 1; done   # wait for the gateway`,
    )
    .action(act(status));
