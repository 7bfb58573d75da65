/** A varint of the shortest form. */
export const varint = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
};

/** A tag: field number and wire type. */
export const tag = (field: number, wireType: number): number[] => varint(field * 8 + wireType);

/** A length-delimited field. */
export const bytesField = (field: number, body: string | readonly number[] | Uint8Array): number[] => {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return [...tag(field, 2), ...varint(bytes.length), ...bytes];
};

/** A field of wire type 0. */
export const varintField = (field: number, value: number | bigint): number[] => [...tag(field, 0), ...varint(value)];

/** One entry of a `google.protobuf.Struct`, with the bytes of its value. */
export const entry = (key: string, value: readonly number[]): number[] =>
  bytesField(1, [...bytesField(1, key), ...bytesField(2, value)]);

/** A report of type and message, with more bytes after them. */
export const report = (...more: readonly number[]): Buffer =>
  Buffer.from([...bytesField(3, 'SYSTEM_HEALTH'), ...bytesField(5, 'disk'), ...more]);

/** The start of a length-delimited field whose body has so many bytes. */
export const head = (field: number, length: number): number[] => [...tag(field, 2), ...varint(length)];

/** A message nested so many levels deep, built from the inside; `around` says what stands before so many bytes. */
export const nested = (levels: number, around: (length: number) => readonly number[]): Buffer => {
  const heads: (readonly number[])[] = [];
  let length = 0;
  for (let level = 0; level < levels; level++) {
    const bytes = around(length);
    heads.push(bytes);
    length += bytes.length;
  }
  return Buffer.from(heads.reverse().flat());
};
