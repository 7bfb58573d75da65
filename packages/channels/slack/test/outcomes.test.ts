import { describe, expect, test } from '@jest/globals';
import { outcomeReasons } from '@therapytrain/alerts-core/channel';
import { isWord, reasonOfWord } from '../src/outcomes.ts';

const cases: readonly (readonly [reason: string, kind: string, words: string])[] = [
  ['credentials', 'misconfigured', 'invalid_auth not_authed token_revoked token_expired account_inactive'],
  ['permission', 'misconfigured', 'missing_scope action_prohibited team_access_not_granted'],
  ['bad_options', 'misconfigured', 'unknown_method method_deprecated'],
  ['unknown_target', 'reject', 'channel_not_found thread_not_found'],
  ['permission', 'misconfigured', 'not_in_channel'],
  ['gone', 'reject', 'is_archived channel_is_archived no_service no_active_hooks'],
  ['too_large', 'reject', 'msg_too_long msg_blocks_too_long metadata_too_large'],
  ['refused', 'reject', 'restricted_action invalid_blocks no_text invalid_payload'],
  ['throttled', 'retry', 'ratelimited rate_limited'],
  ['peer_failed', 'retry', 'internal_error fatal_error service_unavailable request_timeout'],
  // Words that Slack may add.
  ['refused', 'reject', 'invalid_new_thing too_many_new_things malformed_thing'],
  ['too_large', 'reject', 'new_thing_too_long new_thing_too_large'],
  ['peer_failed', 'retry', 'new_word something_else_happened'],
];

describe('an error word', () => {
  const each = cases.flatMap(([reason, kind, words]) => words.split(' ').map((word) => [word, reason, kind] as const));

  test.each(each)('%s is %s, a %s', (word, reason, kind) => {
    expect(reasonOfWord(word)).toBe(reason);
    expect(outcomeReasons[reasonOfWord(word)][0]).toBe(kind);
  });
});

test.each(['xoxb-1-2', 'C0SECURITY', 'two words', '', '<html>', 'a'.repeat(10) + '_1', '_x', 'x_', 7, undefined])(
  '%p is not an error word, and is shown to nobody',
  (text) => expect(isWord(text)).toBe(false),
);
