import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  AlertError,
  AlertManager,
  type HandlerFailure,
  NotificationConfig,
  NotificationHandler,
  type NotificationOptions,
} from '@therapytrain/alerts';
import {
  type HttpPeer,
  type SlackPeer,
  type SmtpPeer,
  startHttpPeer,
  startSlackPeer,
  startSmtpPeer,
  waitFor,
} from '@therapytrain/alerts-testkit';

const quick = { initialDelay: 5, maxDelay: 50 } as const satisfies NotificationOptions;
const reach = (url: string) => ({ cidrs: ['127.0.0.0/8'], ports: [Number(new URL(url).port)], plaintext: true });

describe('a notification handler on real peers', () => {
  let mail: SmtpPeer;
  let hook: HttpPeer;
  let slack: SlackPeer;
  const handlers: NotificationHandler[] = [];

  beforeEach(async () => {
    AlertManager.reset();
    [mail, hook, slack] = await Promise.all([startSmtpPeer(), startHttpPeer(), startSlackPeer()]);
  });
  afterEach(async () => {
    await Promise.all(handlers.splice(0).map((handler) => handler.close()));
    await Promise.all([mail.stop(), hook.stop(), slack.stop()]);
    AlertManager.reset();
  });

  const config = (): NotificationConfig => ({
    email: {
      recipients: ['one@clinic.test', 'two@clinic.test', 'three@clinic.test'],
      host: mail.host,
      port: mail.port,
      user: mail.user,
      pass: mail.pass,
      from: 'alerts@clinic.test',
      tls: { ca: mail.ca, servername: 'localhost' },
      timeout: '2s',
    },
    webhook: { url: hook.url, headers: { 'X-API-Key': 'canary-key-81' }, allow: reach(hook.url), timeout: '2s' },
    slack: { webhookUrl: slack.webhookUrl, apiUrl: slack.apiUrl, allow: reach(slack.apiUrl), timeout: '2s' },
  });

  const open = (given: NotificationConfig = config(), options: NotificationOptions = quick): NotificationHandler => {
    const handler = new NotificationHandler(given, options);
    handlers.push(handler);
    return handler;
  };

  const alertOf = () => AlertManager.getInstance().handleAuthFailure('anna.berg', '10.20.30.40');

  const failuresOf = async (work: Promise<unknown>): Promise<readonly AlertError[]> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AggregateError);
    return (error as AggregateError).errors as AlertError[];
  };

  test('tells all three, once, and holds nothing personal but the same pseudonym', async () => {
    await open().handleAlert(await alertOf());
    const said = [mail.arrivals(), hook.arrivals(), slack.arrivals()];
    expect(said.map((each) => each.length)).toEqual([1, 1, 1]);
    const texts = said.flat().map(({ raw, text }) => raw + text);
    for (const text of texts) expect(text).not.toMatch(/anna\.berg|10\.20\.30\.40/);
    const pseudonyms = [mail, slack].map(
      (peer) => /user:[0-9A-F]{4}-[0-9A-F]{4}/.exec(peer.arrivals()[0]?.text ?? '')?.[0],
    );
    expect(pseudonyms[0]).toBeDefined();
    expect(pseudonyms[1]).toBe(pseudonyms[0]);
    expect(slack.violations()).toEqual([]);
  });

  test('shows personal values where the configuration raises the clearance, and only there', async () => {
    const { email, ...rest } = config();
    await open({ ...rest, ...(email && { email: { ...email, clearance: 'PERSONAL' } }) }).handleAlert(await alertOf());
    expect(mail.arrivals()[0]?.text).toContain('anna.berg');
    expect(slack.arrivals()[0]?.text).not.toContain('anna.berg');
  });

  test('tries again by itself, with the same id', async () => {
    hook.behave('fail');
    const handling = open().handleAlert(await alertOf());
    await waitFor(() => hook.attempts() >= 2, { what: 'a second try' });
    hook.behave('accept');
    await handling;
    expect(new Set(hook.arrivals().map(({ id }) => id)).size).toBe(1);
    expect([mail.arrivals().length, slack.arrivals().length]).toEqual([1, 1]);
  });

  test('waits as long as a peer asks, if that is not too long', async () => {
    hook.behave('throttle-after');
    const [failure] = await failuresOf(open().handleAlert(await alertOf()));
    // Seven seconds are more than the longest wait of this handler.
    expect([hook.attempts(), failure?.message]).toEqual([1, 'webhook: throttled (status 429)']);
  });

  test('gives up in the end, names each channel that failed, and none of what the alert says', async () => {
    mail.behave('unauthorised');
    hook.behave('fail');
    slack.behave('gone');
    const failures = await failuresOf(open(config(), { ...quick, attempts: 3 }).handleAlert(await alertOf()));
    expect(failures.map(({ code, facts }) => [code, facts['channel'], facts['reason']])).toEqual([
      ['NOTIFICATION_FAILED', 'email', 'credentials'],
      ['NOTIFICATION_FAILED', 'webhook', 'peer_failed'],
      ['NOTIFICATION_FAILED', 'slack', 'gone'],
    ]);
    expect([mail.attempts(), hook.attempts(), slack.attempts()]).toEqual([1, 3, 1]);
    const said = failures.map(({ message }) => message).join();
    expect(said).not.toMatch(/anna|10\.20|127\.0|clinic|canary/);
  });

  test('tells the rest of the recipients alone', async () => {
    mail.behave('partial');
    const handling = open().handleAlert(await alertOf());
    await waitFor(() => mail.arrivals().length >= 1, { what: 'the first mail' });
    mail.behave('accept');
    await handling.catch(() => undefined);
    const told = mail.arrivals().flatMap(({ recipients }) => recipients);
    expect(new Set(told).size).toBe(told.length);
    expect(told).toContain('two@clinic.test');
  });

  test('is logged and counted by the manager, and stops nobody', async () => {
    const logged: HandlerFailure[] = [];
    AlertManager.configure({ onHandlerFailure: (failure) => void logged.push(failure) });
    const manager = AlertManager.getInstance();
    hook.behave('refuse');
    manager.registerHandler(open());
    await alertOf();
    await manager.idle();
    expect(manager.stats()).toMatchObject({ handled: 1, failed: 1 });
    expect(logged[0]).toMatchObject({ handler: 'NotificationHandler', why: 'failed' });
    expect([mail.arrivals().length, slack.arrivals().length]).toEqual([1, 1]);
  });

  test('says a mail in words of its own', async () => {
    const { email } = config();
    await open({
      ...(email && { email: { ...email, template: 'At {{ alerts[0].source }}: {{ headline }}' } }),
    }).handleAlert(await alertOf());
    expect(mail.arrivals()[0]?.text).toContain('At local: HIGH Authentication failure');
  });

  test('proves its channels without telling anybody', async () => {
    slack.behave('gone');
    const checks = await open().check();
    expect(Object.entries(checks).map(([channel, { kind }]) => [channel, kind])).toEqual([
      ['email', 'done'],
      ['webhook', 'done'],
      ['slack', 'reject'],
    ]);
    expect([mail, hook, slack].map((peer) => peer.arrivals().length)).toEqual([0, 0, 0]);
  });

  test('closes while it is busy: what is tried ends, and no connection is left', async () => {
    for (const peer of [mail, hook, slack]) peer.behave('hang-after');
    const handler = open();
    const handling = failuresOf(handler.handleAlert(await alertOf()));
    await waitFor(() => hook.arrivals().length && mail.arrivals().length && slack.arrivals().length, {
      what: 'all three',
    });
    await handler.close();
    await handler.close();
    expect((await handling).map(({ facts }) => facts['channel'])).toEqual(['email', 'webhook', 'slack']);
    await waitFor(() => mail.connections() + hook.connections() + slack.connections() === 0, {
      what: 'no connections',
    });
    await expect(handler.handleAlert(await alertOf())).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('tells nobody when it is told to tell nobody', async () => {
    await expect(open({}).handleAlert(await alertOf())).resolves.toBeUndefined();
  });
});

describe('a configuration that cannot work is refused by field and rule', () => {
  test.each<[NotificationConfig, RegExp]>([
    [{ email: { recipients: ['security@example.com'] } }, /SMTP_HOST: is not set.*SMTP_FROM: is not set/],
    [{ email: { recipients: [], host: 'smtp.example.com', from: 'a@example.com' } }, /recipients: names nobody/],
    [{ email: { recipients: ['a@b.test\r\nBcc: x@evil.test'], host: 'h.test', from: 'a@b.test' } }, /recipients\.0: /],
    [{ webhook: { url: 'http://api.example.com/' } }, /url: /],
    [{ webhook: { url: 'https://169.254.169.254/latest' } }, /url: /],
    [{ slack: { webhookUrl: 'https://evil.example/services/x' } }, /webhookUrl: is not on hooks\.slack\.com/],
    [
      { email: { recipients: ['a@b.test'], host: 'h.test', from: 'a@b.test', template: '{{ headlin }}' } },
      /template\.text: .*undefined variable: headlin/,
    ],
  ])('%#', (config, rule) => {
    expect(() => new NotificationHandler(config)).toThrow(rule);
    expect(() => NotificationConfig.check(config)).toThrow(AlertError);
  });
});
