import type { Bench } from '../bench.ts';
import { alertmanagerIsMissing, alertmanagerPosts, hasAlertmanager } from '../contenders/alertmanager.ts';
import { batchStreams, rawInserts } from '../contenders/contenders.ts';
import { startBare, startGateway } from '../contenders/servers.ts';
import { batchAlerts } from '../payload.ts';
import type { Cell } from '../trial.ts';

// As many messages under way as Alertmanager has connections with one post each.
const load = { connections: 4, window: 4 };

/** b. A hundred alerts a message. */
export const batchCell = (bench: Bench): Cell => ({
  title: 'b. ReportAlerts, 100 alerts a message, 16 messages in flight, durable',
  open: async () => {
    const [gateway, bare] = [await startGateway(bench), await startBare(bench, { batch: batchAlerts })];
    const posts = hasAlertmanager() ? [alertmanagerPosts(bench, 'Alertmanager, 100 a POST', batchAlerts, 16)] : [];
    return {
      contenders: [
        batchStreams(bench, 'gateway', gateway, load),
        batchStreams(bench, 'bare bidirectional echo', bare, load),
        rawInserts(bench, 'SQLite, 1,000 rows a commit', 1_000),
        ...posts,
      ],
      skipped: posts.length === 0 ? [alertmanagerIsMissing] : [],
    };
  },
  figures: [
    {
      text: 'ReportAlerts ÷ Alertmanager, 100 a POST',
      of: 'gateway',
      to: 'Alertmanager, 100 a POST',
      quantity: 'rate',
      aim: { better: 'more', aim: 2, reach: 5 },
    },
    {
      text: 'ReportAlerts, CPU per alert ÷ Alertmanager, 100 a POST',
      of: 'gateway',
      to: 'Alertmanager, 100 a POST',
      quantity: 'cpu',
      aim: { better: 'less', aim: 0.35, reach: 0.2 },
    },
    {
      text: 'ReportAlerts ÷ raw SQLite, 1,000 rows a commit',
      of: 'gateway',
      to: 'SQLite, 1,000 rows a commit',
      quantity: 'rate',
      aim: { better: 'more', aim: 0.5, reach: 0.8 },
    },
    { text: 'ReportAlerts ÷ bare bidirectional echo', of: 'gateway', to: 'bare bidirectional echo', quantity: 'rate' },
  ],
});
