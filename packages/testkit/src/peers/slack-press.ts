import { createHmac } from 'node:crypto';
import { systemClock } from '@therapytrain/alerts-core';

/** A press of a button, as Slack tells an app of it. */
export interface SlackPress {
  /** The request URL of the app's interactivity. */
  readonly url: string;
  readonly signingSecret: string;
  /** Who pressed. Default: `U0ANNA`. */
  readonly user?: string;
  /** Default: `T0TEAM`. */
  readonly team?: string;
  /** The message's blocks, as they were posted; the button is looked for in them. */
  readonly blocks: readonly unknown[];
  /** The `action_id` of the button. */
  readonly action: string;
  /** The wall time of the press, in milliseconds. Default: now. */
  readonly at?: number;
}

/** A request as it went out, to be sent again or changed. */
export interface SignedPress {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Button {
  readonly action_id?: string;
  readonly value?: string;
}

let presses = 0;

const buttonIn = (blocks: readonly unknown[], action: string): Button => {
  const elements = blocks.flatMap((block) => (block as { elements?: readonly Button[] }).elements ?? []);
  const button = elements.find(({ action_id: id }) => id === action);
  if (!button) throw new Error(`no button of the action ${action} was posted`);
  return button;
};

/** Signs any body as Slack does (`v0`, HMAC-SHA256 over time and raw body). */
export const signAsSlack = (signingSecret: string, body: string, at = systemClock.now()): SignedPress => {
  const seconds = String(Math.floor(at / 1_000));
  const hex = createHmac('sha256', signingSecret).update(`v0:${seconds}:${body}`).digest('hex');
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': seconds,
      'x-slack-signature': `v0=${hex}`,
    },
    body,
  };
};

/** What Slack sends when the button is pressed: `block_actions` in the form field `payload`, with an id of its own. */
export const slackPress = (press: SlackPress): SignedPress => {
  const { user = 'U0ANNA', team = 'T0TEAM', blocks, action, at = systemClock.now(), signingSecret } = press;
  const { value = '' } = buttonIn(blocks, action);
  const payload = {
    type: 'block_actions',
    user: { id: user, username: 'anna', team_id: team },
    api_app_id: 'A0ALERTS',
    team: { id: team, domain: 'clinic' },
    channel: { id: 'C0SECURITY', name: 'security' },
    message: { type: 'message', ts: '1764000000.000100', text: 'Größe & mehr', blocks },
    trigger_id: `trigger-${++presses}`,
    response_url: 'https://hooks.slack.com/actions/T0TEAM/1/canaryResponseUrl',
    actions: [{ type: 'button', action_id: action, value, block_id: 'b', action_ts: `${at / 1_000}.${presses}` }],
  };
  return signAsSlack(signingSecret, new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), at);
};

/** Sends what Slack would; gives the status, and the text that Slack would not show. */
export const sendPress = async (
  url: string,
  { headers, body }: SignedPress,
  method = 'POST',
): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(url, { method, headers, ...(method === 'POST' && { body }) });
  return { status: response.status, text: await response.text() };
};

/** Presses a button: signs as Slack signs, and POSTs. */
export const pressSlackButton = (press: SlackPress): ReturnType<typeof sendPress> =>
  sendPress(press.url, slackPress(press));
