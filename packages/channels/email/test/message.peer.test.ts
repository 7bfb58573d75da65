import { createHash, createVerify, generateKeyPairSync } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { attemptOf, channelOn, notice, peerOf, recipients, stopAll } from './support/subject.ts';

afterEach(stopAll);

const headerOf = (raw: string, name: string): string | undefined =>
  new RegExp(`^${name}: ?((?:.*)(?:\\r\\n[ \\t].*)*)`, 'im').exec(raw.slice(0, raw.indexOf('\r\n\r\n')))?.[1];

test('a mail has the headers of one that a program sent', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer, { listId: 'alerts.clinic.test', replyTo: 'Team <team@clinic.test>' });
  await channel.deliver(notice, attemptOf({ key: 'dlv-1' }));
  const [{ raw, mail, sender } = { raw: '', mail: undefined, sender: '' }] = peer.arrivals();
  expect(sender).toBe('alerts@clinic.test');
  expect(mail?.subject).toBe(notice.headline);
  expect(mail?.from?.value).toEqual([{ name: 'Security alerts', address: 'alerts@clinic.test' }]);
  expect(mail?.to && 'value' in mail.to && mail.to.value.map(({ address }) => address)).toEqual([...recipients]);
  expect(headerOf(raw, 'Message-ID')).toBe(
    `<${createHash('sha256').update('dlv-1').digest('hex').slice(0, 32)}@clinic.test>`,
  );
  expect(headerOf(raw, 'Auto-Submitted')).toBe('auto-generated');
  expect(headerOf(raw, 'X-Auto-Response-Suppress')).toBe('All');
  expect(headerOf(raw, 'List-Id')).toBe('<alerts.clinic.test>');
  expect(headerOf(raw, 'Reply-To')).toBe('Team <team@clinic.test>');
  expect(headerOf(raw, 'Importance')).toBe('high');
  expect(headerOf(raw, 'X-Alert-Id')).toBe(notice.alerts[0]?.id);
  for (const absent of ['X-Alert-Group', 'References', 'In-Reply-To', 'Precedence', 'X-Mailer', 'Bcc']) {
    expect(headerOf(raw, absent)).toBeUndefined();
  }
  expect(raw).not.toMatch(/[^\r]\n|\r[^\n]/);
});

test.each([
  [AlertSeverity.LOW, 'low', '5 (Lowest)'],
  [AlertSeverity.MEDIUM, 'normal', '3 (Normal)'],
  [AlertSeverity.HIGH, 'high', '2 (High)'],
  [AlertSeverity.CRITICAL, 'high', '1 (Highest)'],
])('severity %p has importance %p', async (severity, importance, priority) => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  await channel.deliver(noticeOf(sampleStory('alert', [sampleAlert('x', {}, { severity })]), 2), attemptOf());
  const raw = peer.arrivals()[0]?.raw ?? '';
  expect([headerOf(raw, 'Importance'), headerOf(raw, 'X-Priority')]).toEqual([importance, priority]);
});

test('the mails of an incident are one thread, also if the first was lost', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  for (const event of ['updated', 'acknowledged', 'resolved'] as const) {
    await channel.deliver(noticeOf(sampleStory(event, [sampleAlert('x')]), 2), attemptOf());
  }
  const other = sampleStory('opened', [sampleAlert('x')], { incident: sampleIncident({ id: 'inc-other' }) });
  await channel.deliver(noticeOf(other, 2), attemptOf());
  const raws = peer.arrivals().map(({ raw }) => raw);
  const references = raws.map((raw) => headerOf(raw, 'References'));
  expect(references[0]).toMatch(/^<incident\.[0-9a-f]{32}@clinic\.test>$/);
  expect(new Set(references.slice(0, 3)).size).toBe(1);
  expect(references[3]).not.toBe(references[0]);
  expect(raws.map((raw) => headerOf(raw, 'In-Reply-To'))).toEqual(references);
  expect(headerOf(raws[0] ?? '', 'X-Alert-Group')).toBe('inc-0199a000');
  expect(
    peer
      .arrivals()
      .map(({ mail }) => mail.subject?.replace(/^\[[A-Z]+\] /, ''))
      .slice(0, 3),
  ).toEqual(Array.from({ length: 3 }, () => 'HIGH Failed logins at the sign-in service'));
});

test('each try of a delivery makes the same mail', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  const attempt = attemptOf();
  await channel.deliver(notice, attempt);
  await channel.deliver(notice, { ...attempt, number: 2, doubtful: true });
  const [one, two] = peer.arrivals();
  expect(two?.id).toBe(one?.id);
  expect(two?.mail.text).toBe(one?.mail.text);
  expect(two?.mail.html).toBe(one?.mail.html);
});

test('ids that are not plain stand in headers by their digest', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  const incident = sampleIncident({ id: 'x\r\nBcc: victim@evil.test' });
  const alert = sampleAlert('x', {}, { id: 'y\r\nX-Injected: 1' });
  expect(await channel.deliver(noticeOf(sampleStory('opened', [alert], { incident }), 2), attemptOf())).toMatchObject({
    kind: 'done',
  });
  const raw = peer.arrivals()[0]?.raw ?? '';
  expect(headerOf(raw, 'X-Alert-Id')).toMatch(/^[0-9a-f]{32}$/);
  expect(headerOf(raw, 'X-Alert-Group')).toMatch(/^[0-9a-f]{32}$/);
  expect(raw).not.toMatch(/^(?:bcc|x-injected):/im);
});

test('a template takes the place of a part, and the built-in part its place where it fails', async () => {
  const peer = await peerOf();
  const template = { subject: 'Alert: {{ headline }}', text: 'Only {{ severity }}' };
  const channel = channelOn(peer, { template });
  const outcome = await channel.deliver(notice, attemptOf());
  expect(outcome).toMatchObject({ kind: 'done', proof: expect.stringMatching(/^250 2\.0\.0 \w+$/) });
  const { mail } = peer.arrivals()[0] ?? {};
  expect(mail?.subject).toMatch(/^Alert: HIGH/);
  expect(mail?.text?.trim()).toMatch(/^Only /);
  expect(mail?.html).toContain('<table');
});

// RFC 6376 §3.4.2 and §3.4.4.
const relaxedHeader = (line: string): string => {
  const [, name = '', value = ''] = /^([^:]+):([\s\S]*)$/.exec(line) ?? [];
  return `${name.toLowerCase().trim()}:${value
    .replaceAll('\r\n', '')
    .replaceAll(/[ \t]+/g, ' ')
    .trim()}`;
};
const relaxedBody = (body: string): string =>
  `${body
    .replaceAll(/[ \t]+\r\n/g, '\r\n')
    .replaceAll(/[ \t]+/g, ' ')
    .replace(/(?:\r\n)+$/, '')}\r\n`;

test('a DKIM signature that anybody can verify', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const peer = await peerOf();
  const channel = channelOn(peer, {
    dkim: {
      domain: 'clinic.test',
      selector: 'alerts',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  });
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
  const raw = peer.arrivals()[0]?.raw ?? '';
  const [head = '', body = ''] = [raw.slice(0, raw.indexOf('\r\n\r\n')), raw.slice(raw.indexOf('\r\n\r\n') + 4)];
  const lines = head.split(/\r\n(?![ \t])/);
  const signature = lines.find((line) => /^dkim-signature:/i.test(line)) ?? '';
  const tags = Object.fromEntries(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag) => tag.replaceAll(/\s/g, '').split(/=(.*)/s) as [string, string]),
  ) as Record<string, string>;
  expect(tags).toMatchObject({ v: '1', a: 'rsa-sha256', c: 'relaxed/relaxed', d: 'clinic.test', s: 'alerts' });
  expect(tags['bh']).toBe(createHash('sha256').update(relaxedBody(body), 'latin1').digest('base64'));
  const signed = (tags['h'] ?? '').split(':');
  expect(signed.map((name) => name.toLowerCase())).toEqual(
    expect.arrayContaining(['from', 'to', 'subject', 'date', 'message-id']),
  );
  const text = signed
    .map((name) => lines.findLast((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)) ?? '')
    .map(relaxedHeader)
    .concat(relaxedHeader(signature).replace(/b=[^;]*$/, 'b='))
    .join('\r\n');
  const verified = createVerify('sha256')
    .update(text, 'latin1')
    .verify(publicKey, tags['b'] ?? '', 'base64');
  expect(verified).toBe(true);
});

test('a failure with DKIM after the dot is as open as one without', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const peer = await peerOf();
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const channel = channelOn(peer, {
    timeout: '700ms',
    dkim: { domain: 'clinic.test', selector: 's', privateKey: pem },
  });
  peer.plan('data', 'hang');
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'retry', reason: 'timed_out' });
  peer.plan('dot', 'cut');
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'ambiguous', reason: 'answer_lost' });
});
