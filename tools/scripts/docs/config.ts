import { policySchema } from '@therapytrain/alerts-manager';
import { z } from 'zod';
import { root } from '../shell.ts';
import { spawnSync } from 'node:child_process';
import { page, table } from './page.ts';

type Schema = z.core.JSONSchema.JSONSchema;

interface Field {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly description: string;
}

const typeOf = (schema: Schema): string => {
  if (schema.enum) return schema.enum.map((each) => `\`${String(each)}\``).join(', ');
  if (schema.pattern) return `text like \`${schema.pattern}\``;
  return typeof schema.type === 'string'
    ? ({ string: 'text', object: 'map' }[schema.type as string] ?? schema.type)
    : 'any';
};

const fieldsOf = (schema: Schema, path: string): Field[] => {
  const own = Object.entries(schema.properties ?? {}) as [string, Schema][];
  const named = own.map(([name, each]) => [path ? `${path}.${name}` : name, each] as const);
  const open = schema.additionalProperties;
  const each = typeof open === 'object' ? [[`${path}.<name>`, open as Schema] as const] : [];
  return [...named, ...each].flatMap(([at, inner]) => [
    {
      path: at,
      type: typeOf(inner),
      fallback: inner.default === undefined ? '–' : `\`${JSON.stringify(inner.default)}\``,
      description: inner.description ?? '',
    },
    ...fieldsOf(inner, at),
  ]);
};

const helpOf = (app: string): string => {
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
  const { stdout } = spawnSync(process.execPath, [...flags, `apps/${app}/src/main.ts`, '--help'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, COLUMNS: '110', NO_COLOR: '1' },
  });
  return `\`\`\`text\n${stdout.trimEnd()}\n\`\`\``;
};

/** The command line of the gateway and everything that a policy may say. */
export const configDocs = (): string =>
  page(
    'Configuration',
    'apps/alert-gateway/src/options.ts and packages/manager/src/policy.ts',
    '## Command line',
    helpOf('alert-gateway'),
    '## Policy',
    'One YAML file, given with `--policy`. A key that is not listed is refused; every fault is told with line and column.',
    table(
      ['key', 'value', 'default', 'what it says'],
      fieldsOf(z.toJSONSchema(policySchema, { io: 'input' }), '').map(({ path, type, fallback, description }) => [
        `\`${path}\``,
        type,
        fallback,
        description,
      ]),
    ),
  );
