import type { Bench } from '../bench.ts';
import { alertmanagerIsMissing, alertmanagerPosts, hasAlertmanager } from '../contenders/alertmanager.ts';
import { rawInserts, unaryCalls } from '../contenders/contenders.ts';
import { startBare, startGateway } from '../contenders/servers.ts';
import { batchAlerts } from '../payload.ts';
import type { Cell } from '../trial.ts';

const wide = { connections: 16, streams: 16 };
const narrow = { connections: 4, streams: 16 };
const lone = { connections: 1, streams: 1 };

/** a. One alert a call. */
export const unaryCell = (bench: Bench): Cell => ({
  title: 'a. ReportAlert, one alert a call, durable',
  open: async () => {
    const [gateway, bare] = [await startGateway(bench), await startBare(bench, { batch: batchAlerts })];
    const posts = hasAlertmanager() ? [alertmanagerPosts(bench, 'Alertmanager, 1 a POST', 1, 64)] : [];
    return {
      contenders: [
        unaryCalls(bench, 'gateway, 256 in flight', gateway, wide),
        unaryCalls(bench, 'bare echo, 256 in flight', bare, wide),
        unaryCalls(bench, 'gateway, 64 in flight', gateway, narrow),
        unaryCalls(bench, 'bare echo, 64 in flight', bare, narrow),
        unaryCalls(bench, 'gateway, 1 in flight', gateway, lone),
        unaryCalls(bench, 'bare echo, 1 in flight', bare, lone),
        rawInserts(bench, 'SQLite, 1 row a commit', 1),
        ...posts,
      ],
      skipped: posts.length === 0 ? [alertmanagerIsMissing] : [],
    };
  },
  figures: [
    {
      text: 'ReportAlert ÷ bare unary echo, 256 in flight on 16 connections',
      of: 'gateway, 256 in flight',
      to: 'bare echo, 256 in flight',
      quantity: 'rate',
      aim: { better: 'more', aim: 0.7, reach: 0.85 },
    },
    {
      text: 'ReportAlert ÷ bare unary echo, 64 in flight on 4 connections',
      of: 'gateway, 64 in flight',
      to: 'bare echo, 64 in flight',
      quantity: 'rate',
      aim: { better: 'more', aim: 0.65, reach: 0.85 },
    },
    {
      text: 'ReportAlert, one in flight ÷ raw SQLite, one row a commit',
      of: 'gateway, 1 in flight',
      to: 'SQLite, 1 row a commit',
      quantity: 'rate',
      aim: { better: 'more', aim: 0.5, reach: 0.7 },
    },
    // What is left to the gateway: a call takes the time of a bare one, and of a commit.
    {
      text: 'ReportAlert ÷ bare unary echo, one in flight',
      of: 'gateway, 1 in flight',
      to: 'bare echo, 1 in flight',
      quantity: 'rate',
    },
    {
      text: 'ReportAlert, CPU per alert ÷ Alertmanager, single POST',
      of: 'gateway, 256 in flight',
      to: 'Alertmanager, 1 a POST',
      quantity: 'cpu',
      aim: { better: 'less', aim: 1.2, reach: 0.9 },
    },
  ],
});
