import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Instant, Millis, Response } from '@therapytrain/alerts-core';
import type { Violation } from './checker.ts';
import { type RecipeWrong, wrongly } from './recipe.ts';
import { planFile } from './tellings.ts';

/**
 * How a target keeps the rules for receivers: all of them, neither keys nor fences, or it only says that it took back; or
 * all of them, and whatever asks it to act arrives only when it was taken back already.
 */
export type TargetMode = 'good' | 'careless' | 'drops reverts' | 'arrives behind';

/** One line of the target's own log. */
export interface Asked {
  /** When it had its effect, by the target's clock, which nobody sets. */
  readonly at: Instant;
  /** When it was asked for, where that was before: it stayed on the way. */
  readonly came?: Instant;
  readonly key: string;
  /** Of the response. */
  readonly id: string;
  readonly fence: number;
  readonly action: 'respond' | 'revert';
  /** An address. */
  readonly target: string;
  readonly playbook: string;
  readonly until: string | null;
  /** What it came to. `nothing`: it was so already. `late`: the fence was below one that was seen. */
  readonly what: 'begun' | 'extended' | 'ended' | 'nothing' | 'late' | 'turned down';
}

/** When the gateway could not act, by the target's clock. */
export interface Downtime {
  readonly from: Instant;
  readonly to: Instant;
}

/** How long everything lasts that is done, so that kills find it anywhere. */
export const leaseSpan: Millis = 4_000;
/** How late it may be taken back. */
export const mostLate: Millis = 5_000;
/** What the capped playbook may act on in all. */
export const cap = 10;
/** Addresses that begin so are protected. */
export const protectedPrefix = '10.66.';
/** Alerts of this type are for the capped playbook, those of the other for the one that may do much. */
export const types = { capped: 'RATE_LIMIT_BREACH', free: 'AUTH_FAILURE' } as const;
/** Signs what the target is asked. Of no worth. */
export const secret = `whsec_${Buffer.from('the key of the torture, of no worth').toString('base64')}`;

/** Writes a policy whose playbooks act unasked, at a target on this port and by decisions. Gives its file. */
export const respondingPolicy = (directory: string, port: number): string => {
  const [url, key, file] = ['target.url', 'target.key', 'policy.yaml'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(url, `http://127.0.0.1:${port}/act`);
  writeFileSync(key, secret);
  const allow = `{ cidrs: [127.0.0.0/8], ports: [${port}], plaintext: true }`;
  const ask = `kind: webhook-action, url: { file: ${url} }, secret: { file: ${key} }, timeout: 500ms, allow: ${allow}`;
  const much = 'budget: { targets: 100000, window: 1h }';
  const step = (responder: string): string => `{ responder: ${responder}, target: ipAddress, for: ${leaseSpan}ms }`;
  const playbook = (name: keyof typeof types, budget: string): string =>
    `  - { name: ${name}, when: "type == '${types[name]}'", mode: enforce, ${budget}, steps: [${step('ask')}, ${step('block')}] }`;
  writeFileSync(
    file,
    [
      'responders:',
      `  ask: { ${ask}, ${much} }`,
      `  block: { kind: block-address, ${much} }`,
      'playbooks:',
      playbook('free', much),
      playbook('capped', `budget: { targets: ${cap}, window: 7d }`),
      `guardrails: { protect: { addresses: [${protectedPrefix}0.0/16] }, ${much} }`,
      '',
    ].join('\n'),
  );
  return file;
};

/** Reads what a target wrote. */
export const readAsked = (file: string): Asked[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Asked)
    : [];

/** Reads all responses of a copy, as SQLite does, without any code of the gateway. */
export const readResponses = (directory: string): Response[] => {
  if (!existsSync(join(directory, planFile))) return [];
  const db = new DatabaseSync(join(directory, planFile));
  try {
    const rows = db.prepare('SELECT json FROM responses').all() as unknown as { readonly json: string }[];
    return rows.map(({ json }) => JSON.parse(json) as Response);
  } finally {
    db.close();
  }
};

/** What was done of one response, from the first ask to the last. */
const byResponse = (asked: readonly Asked[]): Map<string, Asked[]> => Map.groupBy(asked, ({ id }) => id);

/** Time within a span in which the gateway could have acted. */
const ableFor = (from: Instant, to: Instant, downtimes: readonly Downtime[]): Millis =>
  downtimes.reduce(
    (left, { from: down, to: up }) => left - Math.max(0, Math.min(to, up) - Math.max(from, down)),
    Math.max(0, to - from),
  );

/** How late the first ask to take it back came; undefined where none came, or nothing was to be taken back. */
const lateness = (lines: readonly Asked[], downtimes: readonly Downtime[]): Millis | undefined => {
  const last = lines.findLast(({ what }) => what === 'begun' || what === 'extended');
  const asks = last ? lines.filter(({ action, at }) => action === 'revert' && at >= last.at) : [];
  // How long it is on the way is nothing that a gateway can help.
  const first = Math.min(...asks.map(({ at, came = at }) => came));
  return last && asks.length > 0 ? ableFor(last.at + leaseSpan, first, downtimes) : undefined;
};

/** The latest that anything was taken back, in time in which the gateway could have acted. */
export const latest = (asked: readonly Asked[], downtimes: readonly Downtime[]): Millis =>
  Math.max(0, ...[...byResponse(asked).values()].map((lines) => lateness(lines, downtimes) ?? 0));

const doubles = (asked: readonly Asked[]): number => {
  const effects = asked.filter(({ what }) => what === 'begun' || what === 'extended');
  return effects.length - new Set(effects.map(({ key }) => key)).size;
};

const remains = (lines: readonly Asked[]): boolean => {
  const last = lines.findLast(({ what }) => what === 'begun' || what === 'extended' || what === 'ended');
  return last !== undefined && last.what !== 'ended';
};

const overCap = (targets: readonly string[]): number => Math.max(0, new Set(targets).size - cap);

/** What is wrong with what a target did, once nothing stands any more. */
export const judgeAsked = (
  asked: readonly Asked[],
  downtimes: readonly Downtime[],
  within: Millis = mostLate,
): Violation<RecipeWrong>[] => {
  const all = [...byResponse(asked).entries()];
  const first = (ids: readonly (readonly [string, unknown])[]): string => ids[0]?.[0] ?? '';
  const twice = doubles(asked);
  const left = all.filter(([, lines]) => remains(lines));
  const late = all.filter(([, lines]) => (lateness(lines, downtimes) ?? 0) > within);
  const guarded = asked.filter(({ target }) => target.startsWith(protectedPrefix)).length;
  const over = overCap(asked.filter(({ playbook }) => playbook === 'capped').map(({ target }) => target));
  return [
    ...(twice > 0 ? [wrongly('done twice', `${twice} effects of a key that had one`)] : []),
    ...(left.length > 0 ? [wrongly('effect stayed', `${left.length} were not taken back, as ${first(left)}`)] : []),
    ...(late.length > 0
      ? [wrongly('taken back late', `${late.length} more than ${within} ms after their end, as ${first(late)}`)]
      : []),
    ...(guarded > 0 ? [wrongly('guardrail broken', `${guarded} asks against what is protected`)] : []),
    ...(over > 0 ? [wrongly('guardrail broken', `${over} targets above a budget of ${cap}`)] : []),
  ];
};

/** What a kill left open: the target did it, and nobody was told so. */
export interface LeftOpen {
  readonly id: string;
  readonly action: Asked['action'];
  /** The state that it was found in after the kill. */
  readonly state: Response['state'] | undefined;
}

/**
 * What is wrong with how things that kills left open were gone on with: the target must have been asked something with a
 * higher fence, the same again or, where its end had come meanwhile, to take it back. Who may not ask again must not have.
 */
export const judgeLeftOpen = (
  open: readonly LeftOpen[],
  asked: readonly Asked[],
  again: boolean,
): Violation<RecipeWrong>[] => {
  const ofResponse = (id: string): readonly Asked[] => asked.filter((each) => each.id === id);
  const dropped = open.filter(({ id, action }) => {
    const lines = ofResponse(id);
    const first = lines.find((each) => each.action === action && (each.what === 'begun' || each.what === 'ended'));
    return !first || !lines.some(({ fence }) => fence > first.fence);
  });
  const twice = again
    ? []
    : open.filter(({ id }) => ofResponse(id).filter(({ action }) => action === 'respond').length > 1);
  return [
    ...(dropped.length > 0
      ? [
          wrongly(
            'accounts wrong',
            `${dropped.length} that kills left open were not gone on with, as ${dropped[0]?.id}`,
          ),
        ]
      : []),
    ...(twice.length > 0 ? [wrongly('done twice', `${twice.length} were asked twice, as ${twice[0]?.id}`)] : []),
  ];
};

/** What is wrong with what is written down of responses, beside what their target did, once nothing stands any more. */
export const judgeResponses = (responses: readonly Response[], asked: readonly Asked[]): Violation<RecipeWrong>[] => {
  const known = new Set(responses.map(({ id }) => id));
  const unknown = new Set(asked.map(({ id }) => id).filter((id) => !known.has(id)));
  const begun = new Set(asked.filter(({ what }) => what === 'begun' || what === 'extended').map(({ id }) => id));
  const undone = responses.filter(
    ({ id, responder, state }) => responder === 'ask' && state === 'reverted' && !begun.has(id),
  );
  const never = undone.filter(({ asked: end }) => end !== undefined);
  const open = responses.filter(({ state }) => going.includes(state));
  const failed = responses.filter(({ state }) => state === 'revert_failed');
  return [
    ...(unknown.size > 0 ? [wrongly('done of nothing', `${unknown.size} asks that are written down nowhere`)] : []),
    ...(never.length > 0 ? [wrongly('done nowhere', `${never.length} are written down as done, and were not`)] : []),
    ...(open.length > 0 ? [wrongly('effect stayed', `${open.length} are not at their end, as ${open[0]?.id}`)] : []),
    ...(failed.length > 0 ? [wrongly('effect stayed', `${failed.length} are given up, as ${failed[0]?.id}`)] : []),
  ];
};

/** States from which something still follows without anybody asked. */
export const going: readonly string[] = ['planned', 'executing', 'in_force', 'unknown', 'reverting'];
