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

const words: Readonly<Record<string, string>> = { string: 'text', object: 'map', array: 'list' };

const typeOf = (schema: Schema): string => {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((each) => `\`${String(each)}\``).join(', ');
  if (schema.anyOf) return [...new Set((schema.anyOf as Schema[]).map(typeOf))].join(' or ');
  // A pattern as long as a line tells nobody anything; the description does.
  if (schema.pattern && schema.pattern.length < 80) return `text like \`${schema.pattern}\``;
  return typeof schema.type === 'string' ? (words[schema.type] ?? schema.type) : 'any';
};

const definitionOf = (schema: Schema | undefined, whole: Schema): Schema | undefined => {
  const name = schema?.$ref?.replace('#/$defs/', '');
  return name === undefined ? schema : (whole.$defs?.[name] as Schema | undefined);
};

/** The fields of a map, or of the parts of a list. What holds its own kind is shown once. */
const fieldsOf = (schema: Schema, path: string, whole: Schema, above: readonly Schema[] = []): Field[] => {
  const item = definitionOf(schema.items as Schema | undefined, whole);
  if (item) return above.includes(item) ? [] : fieldsOf(item, `${path}[]`, whole, [...above, item]);
  const own = Object.entries(schema.properties ?? {}) as [string, Schema][];
  const named = own.map(([name, each]) => [path ? `${path}.${name}` : name, each] as const);
  const open = schema.additionalProperties;
  const each = typeof open === 'object' && open.type ? [[`${path}.<name>`, open as Schema] as const] : [];
  return [...named, ...each].flatMap(([at, inner]) => [
    {
      path: at,
      type: typeOf(inner),
      fallback: inner.default === undefined ? '–' : `\`${JSON.stringify(inner.default)}\``,
      description: inner.description ?? '',
    },
    ...fieldsOf(inner, at, whole, above),
  ]);
};

const jsonSchemaOf = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { io: 'input' });

const fieldTable = (schema: Schema): string =>
  table(
    ['key', 'value', 'default', 'what it says'],
    fieldsOf(schema, '', schema).map(({ path, type, fallback, description }) => [
      `\`${path}\``,
      type,
      fallback,
      description,
    ]),
  );

const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];

/** The schema of the identities file. An app is no package to be imported, so it is asked for by a process of its own. */
const identitiesJsonSchema = (): Schema => {
  const script = `
    import { z } from 'zod';
    const { identitiesSchema } = await import('./apps/alert-gateway/src/identity/identities-schema.ts');
    console.log(JSON.stringify(z.toJSONSchema(identitiesSchema, { io: 'input' })));`;
  const { stdout } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(stdout) as Schema;
};

const helpOf = (app: string): string => {
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
    'apps/alert-gateway/src (options.ts, identity/identities-schema.ts) and packages/manager/src/policy/schema.ts',
    '## Command line',
    helpOf('alert-gateway'),
    '## Policy',
    'One YAML file, given with `--policy`. A key that is not listed is refused; every fault is told with line and column.',
    '`alertctl policy check FILE` tells them without a gateway, and what is probably not meant; `alertctl policy schema` prints the JSON schema for editors. apps/alert-gateway/policies has a policy to begin with and a commented one with everything. `[]` is each part of a list. The further options of a channel or a responder, by its kind, are in the README of its package; where one is a secret, the policy says where it is: `{ env: NAME }` or `{ file: path }`.',
    fieldTable(jsonSchemaOf(policySchema)),
    '## Identities',
    'Who may call, and what it may do: one YAML file, given with `--identities`, and read again when it changes. One that is not valid leaves those in force as they were; every fault is told with line and column. It holds no secret: tokens stand there as SHA-256 digests. `alertctl init DIRECTORY` writes one to begin with ([ADR 14](adr/0014-identity.md)).',
    fieldTable(identitiesJsonSchema()),
  );
