import { read } from '../shell.ts';
import { page, table } from './page.ts';

// The parts of google.protobuf.FileDescriptorProto that are printed, in its JSON form.
interface Location {
  readonly path?: readonly number[];
  readonly leadingComments?: string;
}

interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
}

interface Message {
  readonly name: string;
  readonly field?: readonly Field[];
  readonly oneofDecl?: readonly { readonly name: string }[];
}

interface Enum {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number: number }[];
}

interface Method {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly clientStreaming?: boolean;
  readonly serverStreaming?: boolean;
}

interface File {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly Message[];
  readonly enumType?: readonly Enum[];
  readonly service?: readonly { readonly name: string; readonly method: readonly Method[] }[];
  readonly sourceCodeInfo: { readonly location: readonly Location[] };
}

// Numbers of the fields in descriptor.proto, of which the paths of comments are made.
const at = { message: 4, enum: 5, service: 6, syntax: 12, field: 2, value: 2, method: 2 } as const;

const commentsOf = (file: File): ((...path: readonly number[]) => string) => {
  const comments = new Map(
    file.sourceCodeInfo.location.map(({ path, leadingComments }) => [(path ?? []).join('.'), leadingComments ?? '']),
  );
  return (...path) =>
    (comments.get(path.join('.')) ?? '')
      .split('\n')
      .map((line) => line.replace(/^ /, ''))
      .join('\n')
      .trim();
};

const short = (typeName: string): string => typeName.replace(/^\.therapytrain\.alerts\.v1\./, '').replace(/^\./, '');

const typeOf = (field: Field): string => {
  const type = field.typeName ? short(field.typeName) : field.type.replace('TYPE_', '').toLowerCase();
  return field.label === 'LABEL_REPEATED' ? `repeated ${type}` : type;
};

const messageDocs = (file: File, message: Message, index: number): string => {
  const comment = commentsOf(file);
  const rows = (message.field ?? []).map((field, number) => {
    const oneof = field.oneofIndex === undefined ? undefined : message.oneofDecl?.[field.oneofIndex]?.name;
    return [
      String(field.number),
      `\`${field.name}\`${oneof ? ` (one of \`${oneof}\`)` : ''}`,
      `\`${typeOf(field)}\``,
      comment(at.message, index, at.field, number),
    ];
  });
  const fields = rows.length > 0 ? table(['no.', 'field', 'type', 'meaning'], rows) : 'No fields.';
  return [`### ${message.name}`, comment(at.message, index), fields].join('\n\n');
};

const enumDocs = (file: File, each: Enum, index: number): string => {
  const comment = commentsOf(file);
  const rows = each.value.map(({ name, number }, value) => [
    String(number),
    `\`${name}\``,
    comment(at.enum, index, at.value, value),
  ]);
  return [`### ${each.name}`, comment(at.enum, index), table(['no.', 'value', 'meaning'], rows)].join('\n\n');
};

const methodDocs = (file: File, service: number, method: Method, index: number): string => {
  const stream = (is: boolean | undefined, type: string) => `${is ? 'stream ' : ''}${short(type)}`;
  const shape = `${stream(method.clientStreaming, method.inputType)} → ${stream(method.serverStreaming, method.outputType)}`;
  return [`### ${method.name}`, `\`${shape}\``, commentsOf(file)(at.service, service, at.method, index)].join('\n\n');
};

const fileDocs = (file: File): string[] => [
  ...(file.service ?? []).flatMap((service, index) => [
    `## ${service.name}`,
    commentsOf(file)(at.service, index),
    ...service.method.map((method, number) => methodDocs(file, index, method, number)),
  ]),
];

const typeDocs = (file: File): string[] => [
  ...(file.enumType ?? []).map((each, index) => enumDocs(file, each, index)),
  ...(file.messageType ?? []).map((each, index) => messageDocs(file, each, index)),
];

/** The contract, as its comments state it. */
export const apiDocs = (): string => {
  const image = read('buf', ['build', 'proto', '-o', '-#format=json']);
  if (!image) throw new Error('buf could not build the contract');
  const { file: all } = JSON.parse(image) as { file: File[] };
  const files = all.filter((each) => each.package === 'therapytrain.alerts.v1');
  return page(
    'API reference: therapytrain.alerts.v1',
    'proto/therapytrain/alerts/v1',
    ...files.flatMap(fileDocs),
    '## Messages',
    ...files.flatMap(typeDocs),
  );
};
