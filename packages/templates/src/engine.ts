import { Liquid, type Template as Parsed } from 'liquidjs';

/** The bounds of a template. Time is in milliseconds, sizes are in UTF-16 code units. */
export const templateLimits = {
  source: 32 * 1024,
  parseTime: 1_000,
  renderTime: 250,
  /** What LiquidJS may allocate for one rendering, by its own count: values made by filters, ranges and loops. */
  memory: 2_000_000,
  output: 256 * 1024,
} as const;

// What reads files or other templates, and `cycle`, which writes a value without the escape (liquidjs 10.30).
const refusedTags = ['include', 'render', 'layout', 'block', 'cycle'];
// `raw` leaves the escape out; the others turn what was cleared back into what it stood for.
const refusedFilters = [
  'raw',
  'base64_decode',
  'url_decode',
  'json',
  'jsonify',
  'inspect',
  'sha256',
  'hmac_sha256',
  'sample',
];

const noFiles = {
  existsSync: () => false,
  exists: async () => false,
  readFileSync: () => '',
  readFile: async () => '',
  resolve: () => '',
};

/** LiquidJS without files, without code that leaves the escape out, and within {@link templateLimits}. */
export const createEngine = (escape: (text: string) => string): Liquid => {
  const engine = new Liquid({
    outputEscape: (value: unknown) => escape(textOf(value)),
    parseLimit: templateLimits.source,
    renderLimit: templateLimits.renderTime,
    memoryLimit: templateLimits.memory,
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    relativeReference: false,
    cache: false,
    fs: noFiles,
  });
  for (const tag of refusedTags) delete engine.tags[tag];
  for (const filter of refusedFilters) delete engine.filters[filter];
  return engine;
};

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
};

/** A template that was read. */
export type ParsedTemplate = readonly Parsed[];
