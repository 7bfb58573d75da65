import { describe, expect, test } from '@jest/globals';
import { parseOptions } from '@therapytrain/alerts-core/channel';
import { openSlack, slack } from '../src/index.ts';

const hook = 'https://hooks.slack.com/services/T000/B000/canarySecret';
const token = 'xoxb-1-canaryToken';

const faultOf = (options: unknown): string => {
  try {
    parseOptions(slack.options, options);
    return '';
  } catch (error) {
    return String(error);
  }
};

describe('options that work', () => {
  test.each([
    ['a token and a channel', { token, channel: 'C0123ABCD' }],
    ['a token and a name', { token, channel: '#sécurité-24_7' }],
    ['a rotated token', { token: 'xoxe.xoxb-1-canaryToken', channel: 'security' }],
    ['a webhook', { webhookUrl: hook }],
    ['a webhook of GovSlack', { webhookUrl: 'https://hooks.slack-gov.com/services/T000/B000/x' }],
    ['a webhook and a channel, as in the seed', { webhookUrl: hook, channel: '#security' }],
    [
      'a webhook beside another API',
      { webhookUrl: 'https://proxy.test/services/x', apiUrl: 'https://proxy.test/api/' },
    ],
  ])('%s', (_, options) => {
    expect(faultOf(options)).toBe('');
  });

  test('have defaults', () => {
    expect(parseOptions(slack.options, { token, channel: 'C0123ABCD' })).toMatchObject({
      timeout: 10_000,
      clearance: 2,
      broadcastEscalations: true,
      apiUrl: 'https://slack.com/api/',
    });
  });
});

describe('options that do not work are told by name and rule, without their values', () => {
  test.each([
    ['nothing', {}, /token: is missing; set exactly one of token and webhookUrl/],
    ['both', { token, channel: 'x', webhookUrl: hook }, /webhookUrl: is set beside token; set exactly one/],
    ['no channel', { token }, /channel: is missing; a token needs a channel/],
    ['a channel that is none', { token, channel: 'two words' }, /channel: is not the id or the name/],
    ['a token that is none', { token: 'canary\nToken', channel: 'x' }, /token: is not a Slack token/],
    ['a webhook without TLS', { webhookUrl: hook.replace('https', 'http') }, /webhookUrl: is not https/],
    [
      'a webhook elsewhere',
      { webhookUrl: 'https://evil.test/canarySecret' },
      /webhookUrl: is not on hooks\.slack\.com/,
    ],
    [
      'a webhook on the way to elsewhere',
      { webhookUrl: 'https://hooks.slack.com@evil.test/canarySecret' },
      /webhookUrl/,
    ],
    ['a webhook that is none', { webhookUrl: 'canarySecret' }, /webhookUrl: is not a URL/],
    ['an API on loopback', { token, channel: 'x', apiUrl: 'https://127.0.0.1/api/' }, /apiUrl/],
    ['an API without TLS', { token, channel: 'x', apiUrl: 'http://slack.com/api/' }, /apiUrl: is not https/],
    [
      'a template that is none',
      { token, channel: 'x', text: '{{ nothing_like_it }}' },
      /text: is no template that works/,
    ],
    ['a name nobody knows', { token, channel: 'x', tokn: 'x' }, /tokn: is not an option/],
  ])('%s', (_, options, expected) => {
    const fault = faultOf(options);
    expect(fault).toMatch(expected);
    expect(fault).not.toMatch(/canary/);
  });
});

test('every option is described', () => {
  for (const [name, schema] of Object.entries(slack.options.shape)) {
    expect([name, schema.description]).toEqual([name, expect.stringMatching(/.{20}/)]);
  }
});

test('a channel of its own is opened without a connection', async () => {
  const opened = openSlack({ webhookUrl: hook });
  expect(opened.channel.clearance).toBe(2);
  await opened.close();
});
