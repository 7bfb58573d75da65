import { asBuffer, repeated, WireReader, wireType, wrongType } from './reader.ts';

/**
 * What the fields of a message are, by number (1 to 31): numbers (bool and enum too), texts, and messages of their own,
 * each of which may stand once. Fields that are not named may be anything.
 */
export interface MessageShape {
  readonly [field: number]: 'number' | 'text' | MessageShape;
}

const scanFields = 256;

/**
 * Walks an encoded message before anything is made of it, and throws `MESSAGE_MALFORMED` for what a lenient decoder
 * would let pass: truncation, lengths past the end, field number 0, groups, text that is not UTF-8, more than 256
 * fields, and of those that the shape names one that stands twice or has another wire type. Allocates nothing but the
 * texts it checks.
 */
export const scanMessage = (message: Uint8Array, shape: MessageShape): void => {
  const buffer = asBuffer(message);
  scanFieldsOf(new WireReader(buffer, scanFields), buffer.length, shape);
};

const scanFieldsOf = (reader: WireReader, end: number, shape: MessageShape): void => {
  let seen = 0;
  while (reader.at < end) {
    const tag = reader.tag(end);
    const field = tag >>> 3;
    const kind = shape[field];
    if (kind === undefined) {
      reader.skip(tag, end);
      continue;
    }
    if (tag % 8 !== (kind === 'number' ? wireType.varint : wireType.bytes)) throw wrongType('a field');
    if (seen & (1 << field)) throw repeated('a field');
    seen |= 1 << field;
    if (kind === 'number') reader.varint(end);
    else if (kind === 'text') reader.text(end);
    else scanFieldsOf(reader, reader.span(end), kind);
  }
};
