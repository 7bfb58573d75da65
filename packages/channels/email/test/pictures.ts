import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { render } from '../src/render.ts';
import { launchChromium } from './support/chromium.ts';
import { samples } from './support/samples.ts';

// Draws the pictures of the README: `node --conditions=@therapytrain/source packages/channels/email/test/pictures.ts`.
const folder = fileURLToPath(new URL('../../../../docs/images/', import.meta.url));
const widths = { desktop: 1_000, phone: 390 } as const;

mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
for (const [name, notice] of Object.entries(samples)) {
  for (const [device, width] of Object.entries(widths)) {
    for (const scheme of name === 'escalated' && device === 'phone'
      ? (['light', 'dark'] as const)
      : (['light'] as const)) {
      const page = await browser.newPage({
        viewport: { width, height: 400 },
        colorScheme: scheme,
        javaScriptEnabled: false,
      });
      await page.setContent(render(notice).html);
      const suffix = scheme === 'dark' ? '-dark' : '';
      await page.screenshot({ path: `${folder}email-${name}-${device}${suffix}.png`, fullPage: true });
      await page.close();
    }
  }
}
await browser.close();
