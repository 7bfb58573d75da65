import { Command } from 'commander';
import { type Alert } from '@therapytrain/alerts-core';
import { type GatewayHealth, type ServingStatus } from '@therapytrain/alerts-client';
import { type Act } from '../act.ts';
import { ExitCode } from '../exit-code.ts';
import { aligned } from '../output/alerts.ts';
import { type Paint } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { age, localTime, rfc3339 } from '../output/time.ts';
import { type Session } from '../session.ts';

const serving = (status: ServingStatus, paint: Paint): string =>
  paint(status === 'SERVING' ? 'green' : 'red', safeLine(status));

const newestText = (newest: Alert | undefined, now: number): string =>
  newest === undefined
    ? 'none'
    : `sequence ${newest.sequence}, received ${age(newest.receivedAt, now)} ago (${localTime(newest.receivedAt)})`;

const lines = (session: Session, health: GatewayHealth, newest: Alert | undefined): readonly string[] =>
  aligned(
    [
      ['Gateway', `${safeLine(session.global.address)}  ${serving(health.status, session.paint)}`],
      ['Alert service', serving(health.service, session.paint)],
      ['Version', safeLine(health.version ?? 'not said')],
      ['Round trip', `${health.roundTrip.toFixed(1)} ms`],
      ['Newest alert', newestText(newest, session.clock.now())],
    ],
    session.paint,
  );

const json = ({ global }: Session, health: GatewayHealth, newest: Alert | undefined) => ({
  address: global.address,
  status: health.status,
  services: { alerts: health.service },
  version: health.version ?? null,
  roundTripMillis: health.roundTrip,
  newest: newest ? { id: newest.id, sequence: newest.sequence, receivedAt: rfc3339(newest.receivedAt) } : null,
});

const status = async (session: Session): Promise<ExitCode> => {
  await session.client.health();
  // The first question made the connection; the second tells how fast the gateway answers.
  const health = await session.client.health();
  const ready = health.status === 'SERVING' && health.service === 'SERVING';
  const newest = ready ? (await session.client.list({ pageSize: 1 })).alerts[0] : undefined;
  if (session.global.json) await session.printJson(json(session, health, newest));
  else await session.print(lines(session, health, newest));
  return ready ? ExitCode.OK : ExitCode.REFUSED;
};

/** `alertctl status`: whether the gateway is well. */
export const statusCommand = (act: Act): Command =>
  new Command('status')
    .summary('show how the gateway is')
    .description('Shows how the gateway is: whether it serves, its version, how fast it answers, the newest alert.')
    .addHelpText(
      'after',
      `
Examples:
  alertctl status
  alertctl status --json | jq .newest.sequence
  until alertctl status >/dev/null 2>&1; do sleep 1; done   # wait for the gateway`,
    )
    .action(act(status));
