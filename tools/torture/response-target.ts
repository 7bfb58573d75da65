import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { verifyWebhookAction, type WebhookAction } from '@therapytrain/alerts-responders';
import { type Chance, chanceOf } from './chance.ts';
import type { Asked, TargetMode } from './responses.ts';

// A process of its own, so that what it logs and does is nothing of the gateway's: arguments are the file of its log,
// its mode, the secret, the seed of its whims, and how many it has for each thing that is asked at most. It keeps the
// rules that receivers are told, unless its mode says not.
const [log = '', mode = 'good', secret = '', seed = '0', mostWhims = 'Infinity'] = process.argv.slice(2) as [
  string,
  TargetMode,
  string,
  string,
  string,
];
const chance: Chance = chanceOf(Number(seed), 'target');
// A careless one fails often, in the ways that only rules make harmless.
const failing = mode === 'careless' ? 60 : 30;
const whimsHad = new Map<string, number>();
const late = [500, 6_000] as const;

interface Effect {
  on: boolean;
  until: number;
  fence: number;
}

const effects = new Map<string, Effect>();
const keys = new Set<string>();
const held = new Set<() => void>();
/** Those that arrive once what they asked for has been taken back, by response. */
const behind = new Map<string, (() => void)[]>();
/** What is to have its effect and not be answered, and who is to be told when it has. */
let unanswered: { readonly action: WebhookAction['action']; readonly tell: (id: string) => void } | undefined;
let isWell = false;
/** When each was asked for. */
const cameAt = new WeakMap<WebhookAction, number>();

const write = (asked: WebhookAction, key: string, what: Asked['what']): void => {
  const { id, fence, action, target, playbook, until } = asked;
  const [at, came = at] = [Date.now(), cameAt.get(asked)];
  const line: Asked = { at, came, key, id, fence, action, target: target.value, playbook, until, what };
  appendFileSync(log, `${JSON.stringify(line)}\n`);
};

const bring = (asked: WebhookAction, key: string, effect: Effect): Asked['what'] => {
  if (asked.action === 'revert') {
    if (mode === 'drops reverts' || !effect.on) return 'nothing';
    effect.on = false;
    return 'ended';
  }
  const until = Date.parse(asked.until ?? '');
  const isKnown = keys.has(key) || (effect.on && until <= effect.until);
  if (mode !== 'careless' && isKnown) return 'nothing';
  keys.add(key);
  const what = effect.on && mode !== 'careless' ? 'extended' : 'begun';
  Object.assign(effect, { on: true, until });
  return what;
};

/** Does what is asked, and says with which status it answers. */
const take = (asked: WebhookAction, key: string): number => {
  const effect = effects.get(asked.id) ?? { on: false, until: 0, fence: 0 };
  effects.set(asked.id, effect);
  if (mode !== 'careless' && asked.fence < effect.fence) {
    write(asked, key, 'late');
    return 409;
  }
  effect.fence = Math.max(effect.fence, asked.fence);
  write(asked, key, bring(asked, key, effect));
  return 204;
};

type Whim = (asked: WebhookAction, key: string, response: ServerResponse) => void;

const answer = (response: ServerResponse, status: number): void =>
  void response.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end();
const turnsDown =
  (how: (response: ServerResponse) => void): Whim =>
  (asked, key, response) => {
    write(asked, key, 'turned down');
    how(response);
  };
const refusing: readonly Whim[] = [
  turnsDown((response) => answer(response, 500)),
  turnsDown((response) => answer(response, 429)),
  turnsDown((response) => response.socket?.destroy()),
  // Nothing is ever said: the attempt must end by itself.
  turnsDown(() => undefined),
];
const doubtful: readonly Whim[] = [
  // It has its effect, and nobody will know.
  (asked, key, response) => {
    take(asked, key);
    response.socket?.destroy();
  },
  (asked, key) => void take(asked, key),
  // It stays on the way: who asked has gone on when it arrives.
  (asked, key, response) => {
    const arrive = (): void => {
      held.delete(arrive);
      clearTimeout(timer);
      take(asked, key);
      response.socket?.destroy();
    };
    const timer = setTimeout(arrive, chance.between(...late));
    held.add(arrive);
  },
];

const whims = mode === 'careless' ? doubtful : [...refusing, ...doubtful];

const isWhimsical = (asked: WebhookAction): boolean => {
  const what = `${asked.id} ${asked.action}`;
  const had = whimsHad.get(what) ?? 0;
  if (isWell || had >= Number(mostWhims) || chance.between(1, 100) > failing) return false;
  whimsHad.set(what, had + 1);
  return true;
};

/** It is on the way until what it asked for has been taken back. */
const fallBehind = (asked: WebhookAction, key: string): void => {
  const late = behind.get(asked.id) ?? [];
  behind.set(asked.id, [...late, () => void take(asked, key)]);
};

const arriveBehind = (id: string): void => {
  for (const arrive of behind.get(id) ?? []) arrive();
  behind.delete(id);
};

/** True where it had its effect, and whoever asked is not to be told. */
const leftUnanswered = (asked: WebhookAction, key: string): boolean => {
  if (unanswered?.action !== asked.action) return false;
  const effect = effects.get(asked.id);
  const hasOne = asked.action === 'respond' ? !effect?.on && !keys.has(key) : effect?.on === true;
  if (!hasOne) return false;
  const { tell } = unanswered;
  unanswered = undefined;
  take(asked, key);
  tell(asked.id);
  return true;
};

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.url?.startsWith('/leave-unanswered/')) {
    const action = request.url.endsWith('/revert') ? 'revert' : 'respond';
    unanswered = { action, tell: (id) => void response.writeHead(200).end(id) };
    return;
  }
  if (request.url === '/be-well') {
    isWell = true;
    for (const arrive of [...held]) arrive();
    return answer(response, 204);
  }
  const body = await buffer(request);
  const asked = verifyWebhookAction(request.headers, body, [secret], {
    // The clock of who asks may be a day off.
    now: Number(request.headers['webhook-timestamp']) * 1_000,
  });
  const key = String(request.headers['webhook-id']);
  cameAt.set(asked, Date.now());
  if (leftUnanswered(asked, key)) return;
  if (mode === 'arrives behind') {
    if (asked.action === 'respond') return fallBehind(asked, key);
    answer(response, take(asked, key));
    return arriveBehind(asked.id);
  }
  if (isWhimsical(asked)) return chance.pick(whims)(asked, key, response);
  answer(response, take(asked, key));
};

const server = createServer((request, response) => {
  void serve(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.socket?.destroy();
  });
});
server.listen(0, '127.0.0.1', () => void process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
