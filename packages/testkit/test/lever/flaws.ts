import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { type Outcome, outcomeOf, type OutcomeReason } from '@therapytrain/alerts-core/channel';
import type { Responder, Step } from '@therapytrain/alerts-core/responder';
import type { OpenResponderSubject } from '@therapytrain/alerts-testkit';
import type { Reply } from '../postbox/postbox.ts';
import { type LeverFlaw, openLever } from './lever.ts';

/** A responder that breaks one promise, and which. */
export interface FlawedResponder {
  /** The end of "a responder that". */
  readonly flaw: string;
  readonly check: string;
  readonly open: OpenResponderSubject;
}

const flawed = (check: string, flaw: string, how: LeverFlaw): FlawedResponder => ({
  check,
  flaw,
  open: openLever(how),
});

type Act = Responder['respond'];

const responds = (how: (act: Act, responder: Responder, url: string) => Act): LeverFlaw => ({
  wrap: (responder, url) => ({ ...responder, respond: how(responder.respond, responder, url) }),
});

const reverts = (how: (act: Act) => Act): LeverFlaw => ({
  wrap: (responder) => ({ ...responder, revert: how(responder.revert ?? responder.respond) }),
});

/** Judges replies of one sort otherwise. */
const judges = (when: (reply: Reply) => boolean, reason: OutcomeReason): LeverFlaw => ({
  parts: ({ judge }) => ({
    judge: (reply, waitOf) => (when(reply) ? outcomeOf(reason, 'judged badly') : judge(reply, waitOf)),
  }),
});

const status = (code: number) => (reply: Reply) => 'status' in reply && reply.status === code;
const failed =
  (...how: readonly string[]) =>
  (reply: Reply) =>
    'failed' in reply && how.includes(reply.failed);

const done: Outcome = { kind: 'done', proof: 'says so' };
const never = new AbortController().signal;
const deaf =
  (act: Act): Act =>
  (step, attempt) =>
    act(step, { ...attempt, signal: never });

/** Takes what came too late for something else. */
const late = responds((act) => async (step, attempt) => {
  const outcome = await act(step, attempt);
  const isLate = outcome.kind !== 'done' && ['answer_late', 'timed_out'].includes(outcome.reason);
  return isLate ? outcomeOf('refused', 'it did not answer') : outcome;
});

const firstEnd = (): LeverFlaw => {
  const first = new Map<string, Step>();
  return responds((act) => (step, attempt) => {
    first.set(step.id, first.get(step.id) ?? step);
    return act(first.get(step.id) ?? step, attempt);
  });
};

/** Remembers what it did itself, and believes that nothing else was done. */
const ownMemory = (of: (known: boolean, act: () => Promise<Outcome>) => Promise<Outcome>): LeverFlaw => ({
  wrap: (responder) => {
    const did = new Set<string>();
    return {
      ...responder,
      respond: (step, attempt) => {
        did.add(step.id);
        return responder.respond(step, attempt);
      },
      revert: (step, attempt) =>
        of(did.delete(step.id), () => responder.revert?.(step, attempt) ?? Promise.resolve(done)),
    };
  },
});

const unfenced = (acts: readonly string[]): LeverFlaw => {
  let last = 1_000;
  return { parts: () => ({ fenceOf: (_, { fence }, act) => (acts.includes(act) ? ++last : fence) }) };
};

const oneFence = (): LeverFlaw => {
  let highest = 0;
  return responds((act) => async (step, attempt) => {
    if (attempt.fence < highest) return outcomeOf('refused', 'a newer attempt took over');
    highest = attempt.fence;
    return act(step, attempt);
  });
};

const oneAtATime = (): LeverFlaw => {
  let busy = false;
  return responds((act) => async (step, attempt) => {
    if (busy) return outcomeOf('throttled', 'busy');
    busy = true;
    try {
      return await act(step, attempt);
    } finally {
      busy = false;
    }
  });
};

const keepsFailing = (): LeverFlaw => {
  let broken = false;
  return responds((act) => async (step, attempt) => {
    if (broken) return outcomeOf('peer_failed', 'it failed before');
    const outcome = await act(step, attempt);
    broken = outcome.kind === 'retry';
    return outcome;
  });
};

const staysOpen: LeverFlaw = { wrap: (responder) => ({ ...responder, close: async () => undefined }) };

const asks = (url: string): void =>
  void request(url, { method: 'POST' })
    .on('error', () => undefined)
    .end('{"id":1}');

const answered: readonly (readonly [check: string, code: number, reason: OutcomeReason])[] = [
  ['a peer that asks for less is tried later', 429, 'peer_failed'],
  ['a peer that failed is tried later', 500, 'refused'],
  ['what is refused is not tried again', 400, 'peer_failed'],
  ['refused credentials are told apart', 401, 'refused'],
  ['a missing permission is told apart', 403, 'refused'],
  ['a target that is not there is told apart', 404, 'refused'],
  ['a target that was withdrawn is told apart', 410, 'refused'],
  ['what is too large is told apart', 413, 'refused'],
  ['a redirect is told and not followed', 307, 'refused'],
];

const acts: readonly FlawedResponder[] = [
  flawed(
    'what is asked for is done at the target, with its proof',
    'only says that it is done',
    responds(() => async () => done),
  ),
  flawed('asked again it is done once', 'asks under an id of its own', { parts: () => ({ idOf: () => randomUUID() }) }),
  flawed('asked with a later end it lasts longer, and is one effect', 'keeps the first end', firstEnd()),
  flawed(
    'what is taken back is gone, and nothing else',
    'takes nothing back',
    reverts(() => async () => done),
  ),
  flawed(
    'taken back again is done',
    'takes back what it did, once',
    ownMemory(async (known, act) => (known ? act() : outcomeOf('unknown_target', 'it is not there'))),
  ),
  flawed(
    'taken back what never was is done',
    'does not take back what it did not do',
    ownMemory(async (known, act) => (known ? act() : outcomeOf('unknown_target', 'it is not there'))),
  ),
  flawed('twelve at once, each twice, are twelve effects', 'does one at a time', oneAtATime()),
  flawed('a second try after a doubtful one has no second effect', 'acts anew when in doubt', {
    parts: () => ({ idOf: ({ id }, { doubtful }) => (doubtful ? randomUUID() : id) }),
  }),
  flawed('who comes late does not act', 'knows no fence', unfenced(['respond', 'revert'])),
  flawed('who comes late does not bring back what was taken back', 'has no fence for acting', unfenced(['respond'])),
  flawed(
    'who comes late does not act after a newer revert of nothing',
    'does not pass on a revert of nothing',
    ownMemory(async (known, act) => (known ? act() : done)),
  ),
  flawed(
    'who comes late does not take back what was made to last',
    'has no fence for taking back',
    unfenced(['revert']),
  ),
  flawed('the fence of one response is not that of another', 'has one fence for all', oneFence()),
];

const answers: readonly FlawedResponder[] = [
  ...answered.map(([check, code, reason]) =>
    flawed(check, `takes ${code} for ${reason}`, judges(status(code), reason)),
  ),
  flawed(
    'an answer that cannot be read leaves it open',
    'takes noise for silence',
    judges(failed('unreadable'), 'unreachable'),
  ),
  flawed(
    'a connection that ends at once is tried later',
    'gives up at once',
    judges(failed('before', 'after'), 'refused'),
  ),
  flawed(
    'a connection that ends before the answer leaves it open',
    'believes that nothing was done',
    judges(failed('after'), 'unreachable'),
  ),
  flawed('a peer that never speaks is waited for no longer than the deadline', 'gives up for ever', late),
  flawed('an answer that does not come in time leaves it open', 'gives up for ever', late),
  flawed('an answer that never ends is waited for no longer than the deadline', 'gives up for ever', late),
  flawed('a wait that the peer names is handed on', 'does not listen', { parts: () => ({ waitOf: () => undefined }) }),
  flawed(
    'what could not be taken back is in force, and is taken back by the next try',
    'takes a failure for an end',
    reverts((act) => async (step, attempt) => {
      const outcome = await act(step, attempt);
      return outcome.kind === 'retry' ? done : outcome;
    }),
  ),
  flawed(
    'no more of an answer is read than anybody needs',
    'takes too much for nothing',
    judges((reply) => 'status' in reply && reply.body.length > 1_000, 'unreachable'),
  ),
  flawed('a peer that is not there is tried later', 'gives up at once', judges(failed('before'), 'refused')),
  flawed('an attempt that was given up before it began does nothing', 'is deaf', responds(deaf)),
  flawed('a revert that was given up before it began does nothing', 'is deaf when it takes back', reverts(deaf)),
  flawed('an attempt that is given up ends at once, and leaves it open', 'is deaf', responds(deaf)),
  flawed('whatever the peer did before, the next attempt is a new one', 'holds a grudge', keepsFailing()),
  flawed(
    'a responder that is closed while it is busy ends its attempt, and no connection outlives it',
    'does not close',
    staysOpen,
  ),
  flawed('a closed responder can be closed again and does nothing', 'acts after it was closed', staysOpen),
];

const keeps: readonly FlawedResponder[] = [
  flawed('a kind says what its responder can do', 'cannot take back', {
    wrap: ({ preview, respond, check, close }) => ({ preview, respond, check, close }),
  }),
  flawed('a preview says what would change, for how long, and whether it can be taken back', 'says no end', {
    wrap: (responder) => ({ ...responder, preview: () => ({ summary: 'the lever is down', reversible: true }) }),
  }),
  flawed('a preview changes nothing and asks nobody', 'asks first', {
    wrap: (responder, url) => ({
      ...responder,
      preview: (step) => {
        asks(url);
        return responder.preview(step);
      },
    }),
  }),
  flawed('a check acts on nothing', 'tries whether it can act', {
    wrap: (responder, url) => ({
      ...responder,
      check: (signal) => {
        asks(url);
        return responder.check(signal);
      },
    }),
  }),
  flawed('a check that was given up ends', 'is deaf when it checks', {
    wrap: (responder) => ({ ...responder, check: () => responder.check(never) }),
  }),
  flawed(
    'no preview, outcome or proof holds the target or a secret',
    'names the target where it fails',
    responds((act) => async (step, attempt) => {
      const outcome = await act(step, attempt);
      return outcome.kind === 'done' ? outcome : { ...outcome, detail: `${outcome.detail}: ${step.target.value}` };
    }),
  ),
  flawed(
    'it says nothing on the console',
    'tells of itself',
    responds((act) => (step, attempt) => {
      process.stderr.write('acting\n');
      return act(step, attempt);
    }),
  ),
  flawed('what it does not act on is refused', 'acts on whatever it gets', { parts: () => ({ takes: () => true }) }),
  flawed('a hostile target is acted on as it is, or refused', 'tidies the target up', {
    parts: ({ effectOf }) => ({
      effectOf: (step) => ({ ...effectOf(step), target: step.target.value.replaceAll(/[^\w.-]/g, '') }),
    }),
  }),
];

/** One responder for each promise that a responder could break. */
export const flawedResponders: readonly FlawedResponder[] = [...acts, ...answers, ...keeps];
