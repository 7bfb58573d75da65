/** Bytes of a UUID. */
export const uuidSize = 16;

const dash = 0x2d;

const nibbles = new Uint8Array(128);
for (const digits of ['0123456789abcdef', '0123456789ABCDEF']) {
  for (let value = 0; value < digits.length; value++) nibbles[digits.charCodeAt(value)] = value;
}

/**
 * Writes the bytes of a UUID in text form, in either case. It is on the path of every append: this loop takes a tenth
 * of the time of `Buffer.from(text, 'hex')`.
 */
export const writeUuid = (text: string, bytes: Uint8Array, at: number): void => {
  for (let from = 0; from < text.length;) {
    const code = text.charCodeAt(from);
    if (code === dash) from++;
    else {
      bytes[at++] = ((nibbles[code] ?? 0) << 4) | (nibbles[text.charCodeAt(from + 1)] ?? 0);
      from += 2;
    }
  }
};

/** The bytes of a UUID in text form. */
export const uuidBytes = (text: string): Uint8Array => {
  const bytes = new Uint8Array(uuidSize);
  writeUuid(text, bytes, 0);
  return bytes;
};

/** The text form of a UUID, in lower case. */
export const uuidText = (bytes: Uint8Array): string => {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
