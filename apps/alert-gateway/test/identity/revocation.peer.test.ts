import { expect, test } from '@jest/globals';
import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { AlertServiceService as alerts, IncidentServiceService as incidents } from '@therapytrain/alerts-api';
import { encodeReport, joinFields, scopes, tokenDigest } from '@therapytrain/alerts-core';
import { draftOf, waitFor } from '@therapytrain/alerts-testkit';
import { openEngine } from '../support/engine.ts';
import { bearing, type IdentityGateway, openIdentityGateway, strangeToken } from '../support/identity.ts';

const identity = (bytes: Buffer): Buffer => bytes;

/** Opens every kind of stream, and says how and after how long each ended. */
const openStreams = (gateway: IdentityGateway, metadata: Metadata) => {
  const began = performance.now();
  const live = gateway.client.makeServerStreamRequest(
    ...([alerts.streamAlerts.path, identity, identity, Buffer.alloc(0), metadata] as const),
  );
  const changes = gateway.client.makeServerStreamRequest(
    ...([incidents.streamIncidents.path, identity, identity, Buffer.alloc(0), metadata] as const),
  );
  const reports = gateway.client.makeBidiStreamRequest(alerts.reportAlerts.path, identity, identity, metadata);
  const ends = [live, changes, reports].map((call) => {
    call.resume();
    const end = new Promise<ServiceError>((resolve) => void call.on('error', resolve));
    return end.then((error) => ({ code: error.code, after: performance.now() - began }));
  });
  let answers = 0;
  reports.on('data', () => answers++);
  return {
    ends: () => Promise.all(ends),
    report: (n: number): void => void reports.write(joinFields([[1, encodeReport(draftOf(n))]])),
    answers: () => answers,
    cancel: () => [live, changes, reports].forEach((call) => call.cancel()),
  };
};

const open = () => {
  const { engine, log } = openEngine();
  return { log, options: { desk: engine.desk, wrap: () => log } };
};

const within = 5_000;

test('streams end within 5 s of the revocation of their token, and none of another', async () => {
  const gateway = await openIdentityGateway(open().options);
  const [token, other] = [await gateway.token(scopes), await gateway.token(scopes)];
  const streams = openStreams(gateway, bearing(token));
  const others = openStreams(gateway, bearing(other));
  streams.report(1);
  others.report(2);
  await waitFor(() => streams.answers() === 1 && others.answers() === 1);
  const at = performance.now();
  await gateway.identity.tokens.revoke(token.split('_')[1] ?? '', 'test');
  const ends = await streams.ends();
  expect(performance.now() - at).toBeLessThan(within);
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0].map(() => status.UNAUTHENTICATED));
  others.report(3);
  await waitFor(() => others.answers() === 2);
  others.cancel();
  await others.ends();
});

test('streams end when their token does', async () => {
  const gateway = await openIdentityGateway(open().options);
  const ends = await openStreams(gateway, bearing(await gateway.token(scopes, { for: 1_500 }))).ends();
  for (const { code, after } of ends) {
    expect(code).toBe(status.UNAUTHENTICATED);
    expect(after).toBeGreaterThan(1_000);
    expect(after).toBeLessThan(1_500 + within);
  }
});

test('streams end when the identities file says something else of their principal, and only then', async () => {
  const token = strangeToken();
  const id = token.split('_')[1] ?? '';
  const text = (of: readonly string[], more = '') => `
principals:
  ward-7:
    scopes: [${of.join(', ')}]
    tokens: [{ id: ${id}, sha256: ${tokenDigest(token)}, expires: '2099-01-01T00:00:00Z' }]
${more}`;
  const gateway = await openIdentityGateway({ ...open().options, text: text(scopes) });
  const streams = openStreams(gateway, bearing(token));
  streams.report(1);
  await waitFor(() => streams.answers() === 1);
  let ended = false;
  const ends = streams.ends().finally(() => (ended = true));
  gateway.rewrite(text(scopes, '  other: { scopes: [admin] }\n'));
  await new Promise((resolve) => void setTimeout(resolve, 6_000));
  expect(ended).toBe(false);
  // A file that is no good changes nothing.
  gateway.rewrite('principals: [');
  await new Promise((resolve) => void setTimeout(resolve, 5_000));
  expect(ended).toBe(false);
  const at = performance.now();
  gateway.rewrite(text(['alerts.write', 'alerts.read']));
  for (const { code } of await ends) expect(code).toBe(status.UNAUTHENTICATED);
  expect(performance.now() - at).toBeLessThan(within);
});

test('of a stream that does not read its end, nothing more is kept', async () => {
  const { log, options } = open();
  const gateway = await openIdentityGateway(options);
  const token = await gateway.token(scopes);
  const client = gateway.connect({ 'grpc.use_local_subchannel_pool': 1 });
  const call = client.makeBidiStreamRequest(alerts.reportAlerts.path, identity, identity, bearing(token));
  call.on('error', () => {});
  // Never read: the answers fill the way back, so that the end of the stream cannot get through.
  call.pause();
  const batch = joinFields(Array.from({ length: 256 }, (_, n) => [1, encodeReport(draftOf(n))] as const));
  let sent = 0;
  const send = (): void => {
    while (sent < 400 && call.write(batch)) sent++;
  };
  call.on('drain', send);
  send();
  await waitFor(() => log.bounds().newest > 0);
  await gateway.identity.tokens.revoke(token.split('_')[1] ?? '', 'test');
  await new Promise((resolve) => void setTimeout(resolve, within));
  const kept = log.bounds().newest;
  sent = 0;
  call.write(batch);
  await new Promise((resolve) => void setTimeout(resolve, 1_000));
  expect(log.bounds().newest).toBe(kept);
  call.cancel();
});
