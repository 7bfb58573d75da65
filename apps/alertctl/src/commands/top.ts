import { Command } from 'commander';
import { AlertError } from '@therapytrain/alerts-core';
import { type Act } from '../act.ts';
import { ExitCode } from '../exit-code.ts';
import { type Session } from '../session.ts';
import { createModel, type Frame, type Model } from '../top/model.ts';
import { type FullScreen, openScreen } from '../top/terminal.ts';
import { drawFrame, frameJson, type Screen } from '../top/view.ts';

const between = 1_000;
/** How long the first frame waits for the incidents there are. */
const patience = 3_000;
const widthWithoutTerminal = 120;

const screenOf = ({ stdout, paint, global }: Session, more: Partial<Screen> = {}): Screen => ({
  columns: stdout.columns ?? widthWithoutTerminal,
  rows: undefined,
  paint,
  address: global.address,
  ...more,
});

/** Follows a gateway for as long as the work lasts. Rejects with what waiting cannot mend. */
const following = async <T>(session: Session, work: (model: Model, signal: AbortSignal) => Promise<T>): Promise<T> => {
  const { client, clock } = session;
  const over = new AbortController();
  const signal = AbortSignal.any([session.signal, over.signal]);
  const model = createModel(client, clock);
  const failed = model.follow(signal).then(() => new Promise<never>(() => undefined));
  try {
    const first = Promise.race([model.settled, clock.sleep(patience, signal).catch(() => undefined)]);
    return await Promise.race([failed, first.then(() => work(model, signal))]);
  } finally {
    over.abort();
  }
};

const once = (session: Session): Promise<ExitCode> =>
  following(session, async (model) => {
    const frame = await model.look();
    if (session.global.json) await session.printJson(frameJson(frame));
    else await session.print(drawFrame(frame, screenOf(session)));
    return ExitCode.OK;
  });

const inJson = (session: Session): Promise<ExitCode> =>
  following(session, async (model, signal) => {
    while (!signal.aborted) {
      await session.printJson(frameJson(await model.look()));
      await session.clock.sleep(between, signal).catch(() => undefined);
    }
    return ExitCode.INTERRUPTED;
  });

const draw = (session: Session, screen: FullScreen, frame: Frame, away: string | undefined): Promise<void> => {
  const { rows } = session.stdout;
  return screen.draw(drawFrame(frame, screenOf(session, { rows, away, hint: 'q to leave' })));
};

const live = async (session: Session): Promise<ExitCode> => {
  // One that was never there is more likely a wrong address, which is told without taking the screen.
  await session.client.health();
  const screen = await openScreen(session.stdout, session.stdin);
  try {
    return await following(session, async (model, signal) => {
      const left = screen.left.then((why) => (why === 'quit' ? ExitCode.OK : ExitCode.INTERRUPTED));
      let frame: Frame | undefined;
      const goOn = async (): Promise<ExitCode> => {
        while (!signal.aborted) {
          let away: string | undefined;
          try {
            frame = await model.look();
          } catch (error) {
            if (!frame || !(error instanceof AlertError) || !error.retryable) throw error;
            away = `the gateway is away (${error.code}); trying again`;
          }
          await draw(session, screen, frame, away);
          await session.clock.sleep(between, signal).catch(() => undefined);
        }
        return ExitCode.INTERRUPTED;
      };
      return Promise.race([left, goOn()]);
    });
  } finally {
    await screen.close();
  }
};

const top = (session: Session, { once: isOnce = false }: { readonly once?: boolean }): Promise<ExitCode> => {
  if (isOnce) return once(session);
  if (session.global.json) return inJson(session);
  return session.stdout.columns === undefined ? once(session) : live(session);
};

/** `alertctl top`: the gateway at a glance, again and again. */
export const topCommand = (act: Act): Command =>
  new Command('top')
    .summary('watch the gateway: rates, incidents, channels')
    .description(
      'Shows the gateway on the whole terminal, drawn again each second: reports a second, how far planning is behind, ' +
        'open incidents by severity and what is overdue, what waits for each channel and how that is doing, the newest ' +
        'incidents. q leaves. Without a terminal, or with --once, it prints one picture; with --json an object a second.',
    )
    .option('--once', 'print one picture and end')
    .addHelpText(
      'after',
      `
Examples:
  alertctl top
  alertctl top --once
  alertctl top --json | jq -c '[.at, .ratesPerSecond.kept, .planning.lag]'`,
    )
    .action(act(top));
