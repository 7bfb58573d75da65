import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Debian puts it. */
export const chromiumPath = '/usr/bin/chromium';

/** Whether there is one. */
export const hasChromium = existsSync(chromiumPath);

/** A browser that is alone: no profile, no updates, nothing of its own on the network. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
