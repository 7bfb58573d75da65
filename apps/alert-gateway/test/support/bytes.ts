/** A varint. */
export const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
};

/** A field of wire type 0. */
export const numberField = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];

/** A length-delimited field. */
export const bytesField = (field: number, body: string | readonly number[] | Uint8Array): number[] => {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
};

/** A message of as many empty sub-messages, in a field, as there is room for. */
export const emptyMessages = (field: number, bytes: number): Buffer => {
  const one = Buffer.from(bytesField(field, []));
  return Buffer.concat(Array.from({ length: Math.floor(bytes / one.length) }, () => one));
};
