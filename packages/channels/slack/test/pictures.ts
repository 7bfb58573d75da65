import { fileURLToPath } from 'node:url';
import { escapeHtml } from '@therapytrain/alerts-core/channel';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { chromium } from 'playwright-core';
import type { Leaf } from '../src/blocks.ts';
import { type Message, render, renderReply } from '../src/render.ts';

// Draws the picture of the README, about as Slack draws these blocks; what Slack itself looks like is Slack's.
// node --conditions=@therapytrain/source packages/channels/slack/test/pictures.ts
const file = fileURLToPath(new URL('../../../../docs/images/slack.png', import.meta.url));

const leafHtml = (leaf: Leaf): string =>
  leaf.type === 'link'
    ? `<a>${escapeHtml(leaf.text)}</a>`
    : leaf.style
      ? `<b>${escapeHtml(leaf.text)}</b>`
      : escapeHtml(leaf.text);

// The machine that draws may have no font for these.
const dots: Readonly<Record<string, string>> = { '🔵': '#1d9bd1', '🟡': '#ecb22e', '🟠': '#e8912d', '🔴': '#e01e5a' };
const withDots = (html: string): string =>
  html.replaceAll(/🔵|🟡|🟠|🔴/gu, (dot) => `<span class="dot" style="background:${dots[dot]}"></span>`);

const textHtml = (text: string): string => escapeHtml(text).replaceAll('\n', '<br>');

const fieldHtml = (text: string): string => {
  const [label = '', ...rest] = text.split('\n');
  return `<div>${escapeHtml(label)}<br>${escapeHtml(rest.join(' '))}</div>`;
};

const blockHtml = (block: Message['blocks'][number]): string => {
  switch (block.type) {
    case 'header':
      return `<h2>${withDots(textHtml(block.text.text))}</h2>`;
    case 'context':
      return `<p class="context">${block.elements.map(({ text }) => textHtml(text)).join(' · ')}</p>`;
    case 'section':
      return 'fields' in block
        ? `<div class="fields">${block.fields.map(({ text }) => fieldHtml(text)).join('')}</div>`
        : `<p>${textHtml(block.text.text)}</p>`;
    case 'actions':
      return `<p>${block.elements.map(({ text }) => `[${textHtml(text.text)}]`).join(' ')}</p>`;
    case 'rich_text':
      return block.elements
        .map((element) => {
          if (element.type === 'rich_text_list') {
            const items = element.elements.map(({ elements }) => `<li>${elements.map(leafHtml).join('')}</li>`);
            return `<ul>${items.join('')}</ul>`;
          }
          const text = element.elements.map(leafHtml).join('').replaceAll('\n', '<br>');
          return element.type === 'rich_text_quote' ? `<blockquote>${text}</blockquote>` : `<p>${text}</p>`;
        })
        .join('');
  }
};

const messageHtml = ({ blocks }: Pick<Message, 'blocks'>, time: string, inThread = false): string =>
  `<div class="message${inThread ? ' reply' : ''}"><div class="face">A</div><div><b>Security alerts</b>
   <span class="app">APP</span> <span class="time">${time}</span>${blocks.map(blockHtml).join('')}</div></div>`;

const alerts = [14, 13].map((count) =>
  sampleAlert(
    `Failed login attempt ${count} of anna.berg`,
    { userId: 'anna.berg', ipAddress: '192.0.2.7', method: 'password' },
    { type: 'AUTH_FAILURE' },
  ),
);
const incident = sampleIncident({ count: 14 });
const opened = render(noticeOf(sampleStory('updated', alerts, { incident }), 2), 'dlv-1');
const told = noticeOf(
  sampleStory('acknowledged', alerts, {
    incident: sampleIncident({
      count: 14,
      state: 'ACKNOWLEDGED',
      by: 'Robin',
      comment: 'I am on it: the account is locked.',
    }),
  }),
  2,
);

const style = `body{font:15px/1.46 Lato,"DejaVu Sans",sans-serif;color:#1d1c1d;margin:16px;width:640px}
.message{display:flex;gap:10px;margin:0 0 14px}.reply{margin-left:46px;border-left:3px solid #ddd;padding-left:12px}
.face{width:36px;height:36px;border-radius:6px;background:#611f69;color:#fff;text-align:center;line-height:36px;font-weight:bold;flex:none}
.dot{display:inline-block;width:14px;height:14px;border-radius:7px;vertical-align:-1px}h2{font-size:18px;margin:4px 0}p{margin:6px 0}.context,.time{color:#616061;font-size:12px}.app{background:#e8e8e8;font-size:10px;padding:1px 3px;border-radius:3px}
.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 24px}blockquote{border-left:4px solid #ddd;margin:6px 0;padding:2px 12px}a{color:#1264a3}ul{margin:4px 0;padding-left:22px}`;

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 680, height: 300 }, javaScriptEnabled: false });
await page.setContent(
  `<style>${style}</style>${messageHtml(opened, '10:30')}${messageHtml(renderReply(told, 'dlv-2'), '10:34', true)}`,
);
await page.screenshot({ path: file, fullPage: true });
await browser.close();
