import { type Clearance, type Notice } from '@therapytrain/alerts-core/channel';
import { template } from '@therapytrain/alerts-templates';
import { z } from 'zod';

/** The options of a channel of your own: the template is read, checked and tried when they are parsed. */
export const options = z.strictObject({ text: template('text') });

const { text } = options.parse({ text: '{{ severity }}: {{ headline }}{% if link %} {{ link }}{% endif %}' });

/** What to say; the channel's own words where the template fails on this notice. */
export const say = (notice: Notice<Clearance>): string => text.render(notice) ?? notice.headline;
