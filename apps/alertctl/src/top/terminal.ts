import { type Readable } from 'node:stream';
import { type Sink } from '../output/sink.ts';

// xterm: the alternate screen, and the cursor out of sight.
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';
const restOfScreen = '\u001b[J';

const controlC = '\u0003';

/** The keyboard of a terminal. */
type Keyboard = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

/** Why a view of the whole screen is left. */
export type Leaving = 'quit' | 'interrupted';

/** A screen of its own, which leaves the terminal as it was. */
export interface FullScreen {
  /** Resolves when a person leaves by `q` or Ctrl-C. */
  readonly left: Promise<Leaving>;
  /** Draws over what was there, without a flicker. */
  draw(lines: readonly string[]): Promise<void>;
  /** Gives back what was on the terminal before, its cursor and its keyboard. Called again, does nothing. */
  close(): Promise<void>;
}

/** Takes the screen of a terminal. */
export const openScreen = async (stdout: Sink, stdin: Keyboard): Promise<FullScreen> => {
  let tell = (_: Leaving): void => {};
  const left = new Promise<Leaving>((resolve) => (tell = resolve));
  const onKey = (key: Buffer | string): void => {
    const text = key.toString();
    if (text.includes(controlC)) tell('interrupted');
    else if (/[qQ]/.test(text)) tell('quit');
  };
  const isKeyboard = stdin.isTTY === true;
  if (isKeyboard) {
    // As they are pressed, and not a line at a time. Ctrl-C comes as a key then.
    stdin.setRawMode?.(true);
    stdin.on('data', onKey);
  }
  let open = true;
  await stdout.write(enter);
  return {
    left,
    draw: (lines) => stdout.write(`${home}${lines.map((line) => `${line}${restOfLine}`).join('\r\n')}${restOfScreen}`),
    close: async () => {
      if (!open) return;
      open = false;
      if (isKeyboard) {
        stdin.off('data', onKey);
        stdin.setRawMode?.(false);
        stdin.pause();
      }
      await stdout.write(leave);
    },
  };
};
