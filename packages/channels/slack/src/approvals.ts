import type { IncomingMessage, ServerResponse } from 'node:http';
import { AlertError, type AlertErrorCode, type Clock, type Millis, uuidPattern } from '@therapytrain/alerts-core';
import type { Secret } from '@therapytrain/alerts-core/channel';
import { z } from 'zod';
import { approvalActions, type ApprovalVerb } from './approval-buttons.ts';
import { createReplayCache, type ReplayCache, verifySlackRequest } from './verify.ts';

/** One press that counts: a command for the desk of responses. */
export interface ApprovalCommand {
  /** The principal that the Slack user is mapped to. */
  readonly by: string;
  /** The response's id. */
  readonly response: string;
  /** Equal for every press of one person on one button of one response: asked twice, it is one command. */
  readonly request: string;
}

/** Why a press did not count: the closed list, for who counts them. Each is answered with its status. */
export const pressRefusals = {
  method: [405, 'It was no POST.'],
  too_large: [413, 'The body is larger than Slack sends.'],
  unread: [400, 'The body broke off.'],
  unsigned: [401, 'It was not signed by Slack with our secret, not now, or was here before.'],
  full: [503, 'So many presses came in five minutes that nobody can tell whether it was here before.'],
  malformed: [400, 'It is signed, and is no press of one of our buttons.'],
  other_team: [403, 'It is of another workspace.'],
  unmapped: [403, 'The Slack user is mapped to no principal.'],
  not_allowed: [403, 'The principal may not decide this: it caused it, has approved it, or lacks the scope.'],
  not_found: [404, 'There is no such response.'],
  not_open: [409, 'The response does not wait for it any more.'],
  failed: [500, 'The desk failed.'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>;

/** One of the closed list of refusals. */
export type PressRefusal = keyof typeof pressRefusals;

/** What presses are taken with. */
export interface SlackApprovalOptions {
  /** The signing secret of the app that posted the buttons. */
  readonly signingSecret: Secret | string;
  /** Principals by the id of their Slack user (`U0123ABCD`). Who is not in it decides nothing. */
  readonly users: Pick<ReadonlyMap<string, string>, 'get'>;
  /** The id of the workspace (`T0123ABCD`); another one's presses are refused. Default: any that the app is installed in. */
  readonly team?: string;
  /** As the desk of responses: rejects with `RESPONSE_NOT_FOUND`, `RESPONSE_NOT_OPEN`, `OWN_APPROVAL`, `PERMISSION_DENIED`. */
  readonly approve: (command: ApprovalCommand) => Promise<unknown>;
  readonly reject: (command: ApprovalCommand) => Promise<unknown>;
  readonly clock: Clock;
  /** Default: one in memory. Several processes behind one address need one in common. */
  readonly replay?: ReplayCache;
  /** Told of every press, by its end. Holds nothing of the request. */
  readonly onPress?: (ended: ApprovalVerb | PressRefusal) => void;
}

/** Handles one request of Node's `http`. Never rejects. */
export type SlackApprovals = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const press = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().min(1) }),
  team: z.object({ id: z.string() }).nullish(),
  actions: z.tuple([
    z.object({ action_id: z.enum(Object.values(approvalActions)), value: z.string().regex(uuidPattern) }),
  ]),
});

type Press = z.output<typeof press>;

// Slack's own messages stay below 100 kB; a press holds one of them.
const largest = 256 * 1024;
// Slack waits for three seconds, and then tells the person that it failed.
const patience: Millis = 2_500;
const mostCommands = 10_000;

class Refused extends Error {
  readonly refusal: PressRefusal;

  constructor(refusal: PressRefusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

/** The body byte for byte. Who has read it before us, to parse it, leaves nothing: that is then not signed. */
const rawBodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  if (Number(request.headers['content-length'] ?? 0) > largest) throw new Refused('too_large');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largest) throw new Refused('too_large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Refused ? error : new Refused('unread');
  }
  return Buffer.concat(chunks);
};

const pressOf = (rawBody: Buffer): Press => {
  const [payload = '', ...more] = new URLSearchParams(rawBody.toString('utf8')).getAll('payload');
  try {
    if (more.length === 0) return press.parse(JSON.parse(payload));
  } catch {
    // Nothing of it may be told: it holds a message.
  }
  throw new Refused('malformed');
};

const refusals: Partial<Record<AlertErrorCode, PressRefusal>> = {
  RESPONSE_NOT_FOUND: 'not_found',
  RESPONSE_NOT_OPEN: 'not_open',
  OWN_APPROVAL: 'not_allowed',
  PERMISSION_DENIED: 'not_allowed',
};

const refusalOf = (error: unknown): PressRefusal => {
  if (error instanceof Refused) return error.refusal;
  return (error instanceof AlertError ? refusals[error.code] : undefined) ?? 'failed';
};

const verbOf = ({ actions: [{ action_id: id }] }: Press): ApprovalVerb =>
  id === approvalActions.approve ? 'approve' : 'reject';

/** What of the work is known when Slack wants its answer: it goes on, and its end shows in the incident's thread. */
const answerInTime = async (work: Promise<unknown>, clock: Clock): Promise<void> => {
  const done = new AbortController();
  const late = clock.sleep(patience, done.signal).catch(() => undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    done.abort('answered');
  }
};

/**
 * Takes the presses of `approvalButtons`, for the request URL of the app's interactivity. Only a POST that Slack signed
 * over its raw body, not more than five minutes from now, counts, and each but once; who pressed must be mapped to a
 * principal. Two presses of one person on one button are one command, also while the first is under way. A press that
 * failed may be made again. Nothing is logged; what went wrong is in the status, which Slack shows as a failure.
 */
export const slackApprovals = (options: SlackApprovalOptions): SlackApprovals => {
  const { signingSecret, users, team, clock, replay = createReplayCache(), onPress = () => undefined } = options;
  const commands = new Map<string, Promise<unknown>>();

  // Under way or done: the same promise. What the oldest were is the desk's to know, by the command's request.
  const once = (verb: ApprovalVerb, command: ApprovalCommand): Promise<unknown> => {
    const name = `${command.by} ${command.request}`;
    const known = commands.get(name);
    if (known) return known;
    const work = (async () => options[verb](command))();
    commands.set(name, work);
    const [oldest = name] = commands.keys();
    if (commands.size > mostCommands) commands.delete(oldest);
    work.catch(() => commands.delete(name));
    return work;
  };

  const take = async (request: IncomingMessage): Promise<ApprovalVerb> => {
    if (request.method !== 'POST') throw new Refused('method');
    const rawBody = await rawBodyOf(request);
    const verified = verifySlackRequest({ signingSecret, headers: request.headers, rawBody, now: clock.now(), replay });
    if (!verified.ok) throw new Refused(verified.reason === 'full' ? 'full' : 'unsigned');
    const pressed = pressOf(rawBody);
    if (team !== undefined && pressed.team?.id !== team) throw new Refused('other_team');
    const by = users.get(pressed.user.id);
    if (by === undefined) throw new Refused('unmapped');
    const verb = verbOf(pressed);
    const response = pressed.actions[0].value;
    await answerInTime(once(verb, { by, response, request: `slack.${verb}.${response}` }), clock);
    return verb;
  };

  return async (request, response) => {
    let ended: ApprovalVerb | PressRefusal;
    try {
      ended = await take(request);
      response.writeHead(200).end();
    } catch (error) {
      ended = refusalOf(error);
      const [status] = pressRefusals[ended];
      response.writeHead(status, { ...(status === 405 && { allow: 'POST' }), connection: 'close' }).end();
    }
    try {
      onPress(ended);
    } catch {
      // Who counts must not break what is counted.
    }
  };
};
