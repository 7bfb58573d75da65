import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { verifyWebhookAction, type WebhookAction } from '@therapytrain/alerts-responders';
import { type Chance, chanceOf } from './chance.ts';
import type { Asked, TargetMode } from './responses.ts';

// A process of its own, so that what it logs and does is nothing of the gateway's: arguments are the file of its log,
// its mode, the secret, and the seed of its whims. It keeps the rules that receivers are told, unless its mode says not.
const [log = '', mode = 'good', secret = '', seed = '0'] = process.argv.slice(2) as [
  string,
  TargetMode,
  string,
  string,
];
const chance: Chance = chanceOf(Number(seed), 'target');
// A careless one fails often, in the ways that only rules make harmless.
const failing = mode === 'careless' ? 60 : 30;
const late = [500, 6_000] as const;

interface Effect {
  on: boolean;
  until: number;
  fence: number;
}

const effects = new Map<string, Effect>();
const keys = new Set<string>();
const held = new Set<() => void>();
let isWell = false;

const write = (asked: WebhookAction, key: string, what: Asked['what']): void => {
  const { id, fence, action, target, playbook, until } = asked;
  const line: Asked = { at: Date.now(), key, id, fence, action, target: target.value, playbook, until, what };
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

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
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
  if (!isWell && chance.between(1, 100) <= failing) return chance.pick(whims)(asked, key, response);
  answer(response, take(asked, key));
};

const server = createServer((request, response) => {
  void serve(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.socket?.destroy();
  });
});
server.listen(0, '127.0.0.1', () => void process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
