import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Clearance, type Notice, noticeEvents } from '@therapytrain/alerts-core/channel';
import { hostileInputs, noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import type { Browser } from 'playwright-core';
import { render } from '../src/render.ts';
import { chromiumPath, hasChromium, launchChromium } from './support/chromium.ts';
import { samples } from './support/samples.ts';

const withChromium = hasChromium ? describe : describe.skip;
if (!hasChromium) process.stdout.write(`skipped: there is no ${chromiumPath} to parse HTML with\n`);

/** Texts in every place of a notice that can hold one. */
const filledWith = (text: string): readonly Notice<Clearance>[] => [
  noticeOf(sampleStory('alert', [sampleAlert(text, { component: text, region: text }, { source: text })]), 2),
  noticeOf(
    sampleStory('escalated', [sampleAlert(text), sampleAlert(text)], {
      incident: sampleIncident({ title: text, by: text, comment: text, id: text }),
    }),
    2,
  ),
];

interface Shape {
  readonly elements: readonly string[];
  readonly attributes: readonly string[];
  readonly links: readonly string[];
  readonly comments: number;
}

// What is used of the DOM: its types are not among those of Node.
interface Element {
  readonly localName: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  getAttribute(name: string): string | null;
}
interface Tree {
  querySelectorAll(selector: string): Iterable<Element>;
  createNodeIterator(root: Tree, show: number): { nextNode(): unknown };
}
interface Dom {
  readonly DOMParser: new () => { parseFromString(text: string, type: string): Tree };
  readonly NodeFilter: { readonly SHOW_COMMENT: number };
}

/** What the browser's own parser makes of the HTML. */
const shapesOf = async (browser: Browser, htmls: readonly string[]): Promise<readonly Shape[]> => {
  const page = await browser.newPage();
  try {
    return await page.evaluate((sources: readonly string[]) => {
      const { DOMParser, NodeFilter } = globalThis as unknown as Dom;
      return sources.map((source) => {
        const tree = new DOMParser().parseFromString(source, 'text/html');
        const all = [...tree.querySelectorAll('*')];
        const comments = tree.createNodeIterator(tree, NodeFilter.SHOW_COMMENT);
        let count = 0;
        while (comments.nextNode()) count++;
        return {
          elements: all.map(({ localName }) => localName),
          attributes: all.flatMap((each) =>
            [...each.attributes].map(({ name, value }) => `${each.localName} ${name}=${name === 'href' ? '' : value}`),
          ),
          links: all.flatMap((each) => each.getAttribute('href') ?? []),
          comments: count,
        };
      });
    }, htmls);
  } finally {
    await page.close();
  }
};

withChromium('the HTML, as a browser reads it', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  test(`has nothing in it that the template does not have, for ${hostileInputs.length} hostile texts`, async () => {
    const plain = filledWith('plain').map((notice) => render(notice).html);
    const known = await shapesOf(browser, plain);
    const attributes = new Set(known.flatMap((shape) => shape.attributes));
    const notices = hostileInputs.map(({ tries, text }) => ({ tries, filled: filledWith(text) }));
    const shapes = await shapesOf(
      browser,
      notices.flatMap(({ filled }) => filled.map((notice) => render(notice).html)),
    );
    for (const [at, shape] of shapes.entries()) {
      const { tries, filled } = notices[Math.floor(at / known.length)] ?? { tries: '', filled: [] };
      const notice = filled[at % known.length];
      expect([tries, shape.attributes.filter((each) => !attributes.has(each))]).toEqual([tries, []]);
      expect([tries, shape.comments]).toEqual([tries, 0]);
      expect([tries, shape.links]).toEqual([tries, ['https://alerts.clinic.test/incidents/inc-0199a000']]);
      // Lines may be more or fewer, and what is empty is left out; the rest is the same, one by one.
      const withoutBreaks = shape.elements.filter((name) => name !== 'br');
      const expected = known[at % known.length]?.elements ?? [];
      if (notice?.alerts[0]?.message) expect([tries, withoutBreaks]).toEqual([tries, expected]);
      else expect(withoutBreaks.filter((name) => !expected.includes(name))).toEqual([]);
    }
  }, 60_000);

  test.each([390, 1_000])(
    'fits a window of %d pixels, and loads nothing',
    async (width) => {
      const page = await browser.newPage({ viewport: { width, height: 600 } });
      const requests: string[] = [];
      page.on('request', (request) => void requests.push(request.url()));
      const long = filledWith('W'.repeat(8_000));
      const events = noticeEvents.map((event) => noticeOf(sampleStory(event, [sampleAlert('x')]), 2));
      for (const notice of [...Object.values(samples), ...long, ...events]) {
        await page.setContent(render(notice).html);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect(wide).toBeLessThanOrEqual(width);
      }
      expect(requests).toEqual([]);
      await page.close();
    },
    60_000,
  );
});
