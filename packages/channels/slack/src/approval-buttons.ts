import { safeText } from '@therapytrain/alerts-core/channel';
import { plain, type PlainText } from './blocks.ts';

/** What a button of an approval asks for. */
export type ApprovalVerb = 'approve' | 'reject';

const words = { approve: 'Approve', reject: 'Reject' } as const satisfies Record<ApprovalVerb, string>;

/** The `action_id` of each button: what Slack says when it is pressed. */
export const approvalActions = {
  approve: 'alerts.response.approve',
  reject: 'alerts.response.reject',
} as const satisfies Record<ApprovalVerb, string>;

interface Button {
  readonly type: 'button';
  readonly text: PlainText;
  readonly action_id: string;
  readonly value: string;
  readonly style: 'primary' | 'danger';
  readonly confirm: {
    readonly title: PlainText;
    readonly text: PlainText;
    readonly confirm: PlainText;
    readonly deny: PlainText;
  };
}

/** The two buttons of a response, as a block of Slack's Block Kit. */
export interface ApprovalButtons {
  readonly type: 'actions';
  readonly block_id: string;
  readonly elements: readonly Button[];
}

// Block Kit's own limit for the text of a confirmation.
const longest = 300;

/**
 * Buttons to approve or reject a response, for a message of the app whose signing secret `slackApprovals` has. `summary`
 * says what would change, without the target (`Effect.summary`); it is asked back before a press counts. No text in them
 * is interpreted by Slack.
 */
export const approvalButtons = ({ response, summary }: { response: string; summary: string }): ApprovalButtons => {
  const button = (verb: ApprovalVerb, style: Button['style']): Button => ({
    type: 'button',
    text: plain(words[verb]),
    action_id: approvalActions[verb],
    value: response,
    style,
    confirm: {
      title: plain(`${words[verb]} this response?`),
      text: plain(safeText(summary, { lines: 'one', max: longest }) || 'It has no summary.'),
      confirm: plain(words[verb]),
      deny: plain('Cancel'),
    },
  });
  return {
    type: 'actions',
    block_id: `alerts.response.${response}`,
    elements: [button('approve', 'primary'), button('reject', 'danger')],
  };
};
