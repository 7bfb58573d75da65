import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  AlertServiceService,
  CheckPolicyRequest,
  CreateSilenceRequest,
  GetAlertRequest,
  ListAlertsRequest,
  PolicyServiceService,
  ReportAlertRequest,
  SilenceServiceService,
  SimulatePolicyRequest,
  StreamAlertsRequest,
} from '@therapytrain/alerts-api';
import { createAlertClient } from '@therapytrain/alerts-client';
import type { Canaries } from './values.ts';

/** Makes calls with bytes as they are, and keeps all that is said of those that are refused. */
interface Caller {
  call(path: string, bytes: Uint8Array, headers?: Readonly<Record<string, string>>): Promise<void>;
  close(): void;
}

const everythingIn = (error: ServiceError): string => {
  const parts = Object.entries(error.metadata.getMap()).map(([key, value]) => `${key}: ${value.toString('latin1')}`);
  return `${error.code} ${error.message} ${error.details}\n${parts.join('\n')}`;
};

const patience = 10_000;

const createCaller = (address: string, refusals: string[]): Caller => {
  const client = new Client(address, credentials.createInsecure());
  const identity = (bytes: Buffer): Buffer => bytes;
  return {
    call: (path, bytes, headers = {}) =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
        const deadline = Date.now() + patience;
        client.makeUnaryRequest(path, identity, identity, Buffer.from(bytes), metadata, { deadline }, (error) => {
          if (error) refusals.push(everythingIn(error));
          resolve();
        });
      }),
    close: () => client.close(),
  };
};

const stream = async (address: string, filter: string, refusals: string[]): Promise<void> => {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize } = AlertServiceService.streamAlerts;
  const identity = (bytes: Buffer): Buffer => bytes;
  const request = StreamAlertsRequest.fromPartial({ filter });
  const call = client.makeServerStreamRequest(path, requestSerialize, identity, request);
  await new Promise<void>((resolve) => {
    call.on('data', () => undefined);
    call.on('error', (error: ServiceError) => {
      refusals.push(everythingIn(error));
      resolve();
    });
    setTimeout(resolve, 300);
  });
  call.cancel();
  client.close();
};

/** An alert with a value in each place that it has. */
const alertOf = (canaries: Canaries) => ({
  requestId: canaries.requestId,
  type: 'CANARY',
  severity: 4 as const,
  message: `${canaries.message} of ${canaries.personal} with ${canaries.health}`,
  metadata: {
    user: canaries.personal,
    finding: canaries.health,
    token: canaries.secret,
    room: 'room-4',
    note: canaries.undeclared,
    [canaries.undeclaredKey]: 'x',
    deep: { list: [{ inner: canaries.nested }] },
  },
  dedupKey: canaries.dedupKey,
});

const reportAll = async ({ call }: Caller, canaries: Canaries): Promise<void> => {
  const { reportAlert } = AlertServiceService;
  const report = (partial: object, headers?: Readonly<Record<string, string>>): Promise<void> =>
    call(reportAlert.path, reportAlert.requestSerialize(ReportAlertRequest.fromPartial(partial)), headers);
  const alert = alertOf(canaries);
  const again = { ...alert, requestId: '' };
  await report(alert, { authorization: `Bearer ${canaries.authorization}`, [canaries.headerKey]: canaries.header });
  await report({ ...alert, message: 'another content' });
  await report({ ...again, type: canaries.undeclaredType });
  await report({ ...again, traceParent: canaries.traceParent }, { traceparent: canaries.traceParent });
  await report(again, { 'alerts-source': canaries.source });
  await report({ ...again, type: canaries.personal });
  await report({ ...again, message: canaries.message.repeat(1_000) });
  await report({ ...again, metadata: { [canaries.undeclaredKey.repeat(10)]: canaries.secret } });
  await report({ ...again, dedupKey: canaries.dedupKey.repeat(50) });
  const bytes = reportAlert.requestSerialize(ReportAlertRequest.fromPartial({ ...again, message: canaries.malformed }));
  await call(reportAlert.path, Buffer.concat([bytes, Buffer.from([0xff])]));
  await call(`/therapytrain.alerts.v1.AlertService/${canaries.path}`, bytes);
};

const askAll = async ({ call }: Caller, address: string, canaries: Canaries, refusals: string[]): Promise<void> => {
  const { getAlert, listAlerts } = AlertServiceService;
  const list = (partial: object): Promise<void> =>
    call(listAlerts.path, listAlerts.requestSerialize(ListAlertsRequest.fromPartial({ pageSize: 5, ...partial })));
  await call(getAlert.path, getAlert.requestSerialize(GetAlertRequest.fromPartial({ alertId: canaries.alertId })));
  await list({ filter: `message == "${canaries.filter}"` });
  await list({ filter: `message == "${canaries.badFilter}" &&` });
  await list({ filter: `${canaries.badFilter.replaceAll('-', '_')} == 3` });
  await list({ pageToken: canaries.pageToken });
  await stream(address, `message == "${canaries.filter}"`, refusals);
  await stream(address, `message.matches("(${canaries.badFilter}")`, refusals);
  const { checkPolicy, simulatePolicy } = PolicyServiceService;
  const texts = [
    `channels: { hook: { kind: webhook, url: https://${canaries.checkedPolicy}.test/${canaries.secret}, unsigned: true } }`,
    `${canaries.checkedPolicy}: { a: [`,
  ];
  for (const text of texts) {
    await call(checkPolicy.path, checkPolicy.requestSerialize(CheckPolicyRequest.fromPartial({ text })));
    await call(simulatePolicy.path, simulatePolicy.requestSerialize(SimulatePolicyRequest.fromPartial({ text })));
  }
  const { createSilence } = SilenceServiceService;
  const silences = [
    { when: `message == "${canaries.silenceWhen}"`, reason: canaries.silenceReason },
    { when: `message == "${canaries.silenceWhen}" &&`, reason: canaries.silenceReason },
    { when: `message == "${canaries.silenceWhen}"`, reason: canaries.silenceReason.repeat(200) },
  ];
  for (const silence of silences) {
    const end = { $case: 'length' as const, value: { seconds: 60n, nanos: 0 } };
    await call(
      createSilence.path,
      createSilence.requestSerialize(CreateSilenceRequest.fromPartial({ ...silence, end })),
    );
  }
};

const sayAll = async (address: string, { comment, assignee }: Canaries): Promise<void> => {
  const client = createAlertClient({ address, source: 'canary' });
  try {
    const { incidents } = await client.incidents.list({});
    for (const { id } of incidents) {
      await client.incidents.comment(id, comment);
      await client.incidents.assign(id, assignee);
      await client.incidents.acknowledge(id, { comment });
    }
  } finally {
    await client.close();
  }
};

/** Puts a value into every input. Returns all that was said of what was refused. */
export const plantAll = async (
  address: string,
  canaries: Canaries,
  planned: () => Promise<void>,
): Promise<string[]> => {
  const refusals: string[] = [];
  const caller = createCaller(address, refusals);
  await reportAll(caller, canaries);
  await askAll(caller, address, canaries, refusals);
  caller.close();
  await planned();
  await sayAll(address, canaries);
  return refusals;
};
