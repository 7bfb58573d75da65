import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Channel } from '@therapytrain/alerts-core/channel';
import { hostileInputs, noticeOf, sampleAlert, sampleStory, waitFor } from '@therapytrain/alerts-testkit';
import { simpleParser } from 'mailparser';
import { type MailServer, missing, startPostfix } from './support/postfix.ts';
import { samples } from './support/samples.ts';
import { attemptOf, channelOn, notice, recipients, stopAll } from './support/subject.ts';

const withPostfix = missing ? describe.skip : describe;
if (missing) process.stdout.write(`skipped: ${missing}\n`);

withPostfix('with Postfix', () => {
  let server: MailServer;
  beforeAll(async () => {
    server = await startPostfix([...recipients, 'later@clinic.test']);
  }, 60_000);
  afterEach(stopAll);
  afterAll(() => server.stop(), 60_000);

  const channelTo = (to: readonly string[], more: Parameters<typeof channelOn>[1] = {}): Channel =>
    channelOn({ ...server, user: '', pass: '' }, { user: undefined, pass: undefined, recipients: [...to], ...more });
  const boxOf = (recipient: string): readonly string[] => server.mailbox(recipient.split('@')[0] ?? '');

  test('the check connects with TLS', async () => {
    const outcome = await channelTo(recipients).check(new AbortController().signal);
    expect(outcome).toEqual({ kind: 'done', proof: 'connected with TLS' });
  });

  test('a mail comes into every mailbox, whole and readable', async () => {
    const channel = channelTo(recipients, { listId: 'alerts.clinic.test' });
    const outcome = await channel.deliver(samples.escalated, attemptOf());
    expect(outcome).toMatchObject({ kind: 'done', proof: expect.stringMatching(/^250 2\.0\.0 [0-9A-F]{8,}$/) });
    const id = outcome.kind === 'done' ? (outcome.proof?.split(' ').at(-1) ?? '') : '';
    expect(server.log()).toContain(`${id}: message-id=<`);
    await waitFor(() => recipients.every((each) => boxOf(each).length === 1), { what: 'the mails to be delivered' });
    for (const recipient of recipients) {
      const mail = await simpleParser(Buffer.from(boxOf(recipient)[0] ?? '', 'latin1'));
      expect(mail.subject).toBe(samples.escalated.headline);
      expect(mail.text).toContain('Escalated to Robin (second line).');
      expect(mail.html).toContain('Escalated to Robin (second line).');
      expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
      expect(mail.references).toMatch(/^<incident\./);
    }
  });

  test('each recipient has its own end: taken, greylisted, unknown', async () => {
    const before = boxOf(recipients[0]).length;
    const channel = channelTo([recipients[0], 'later@clinic.test', 'nobody-here@clinic.test']);
    expect(await channel.deliver(notice, attemptOf())).toMatchObject({
      kind: 'retry',
      reason: 'partial',
      detail: '1 of 3 recipients deferred (450 4.7.1)',
      recipients: [
        { at: 0, state: 'accepted' },
        { at: 1, state: 'deferred', code: '450 4.7.1' },
        { at: 2, state: 'refused', code: '550 5.1.1' },
      ],
    });
    await waitFor(() => boxOf(recipients[0]).length === before + 1, { what: 'the mail to be delivered' });
  });

  test('what would have to be relayed is not the fault of the recipient', async () => {
    const outcome = await channelTo(['somebody@elsewhere.test']).deliver(notice, attemptOf());
    expect(outcome).toMatchObject({ kind: 'misconfigured', reason: 'permission' });
  });

  test('who signs in where nobody can is told', async () => {
    const channel = channelOn({ ...server, user: 'alerts-user', pass: 'p' });
    expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'misconfigured', reason: 'bad_options' });
  });

  test('a mail that is larger than the server takes is told', async () => {
    const alerts = Array.from({ length: 10 }, () => sampleAlert('<'.repeat(8_000), { component: '<'.repeat(1_000) }));
    const largest = noticeOf(sampleStory('digest', alerts), 2);
    const outcome = await channelTo(recipients).deliver(largest, attemptOf());
    expect(outcome).toMatchObject({ kind: 'reject', reason: 'too_large' });
  });

  test('hostile texts come through one pooled connection and make no header and no other mail', async () => {
    const channel = channelTo([recipients[2]], { connections: 1 });
    const before = boxOf(recipients[2]).length;
    const some = hostileInputs.filter(({ tries }) => /header|broken|nothing|room/.test(tries));
    for (const { text } of some) {
      const outcome = await channel.deliver(noticeOf(sampleStory('alert', [sampleAlert(text)]), 2), attemptOf());
      expect(outcome.kind).toBe('done');
    }
    await waitFor(() => boxOf(recipients[2]).length === before + some.length, { what: 'the mails to be delivered' });
    for (const raw of boxOf(recipients[2])) expect(raw).not.toMatch(/^(?:bcc|x-injected):/im);
  }, 60_000);
});
