import { open } from 'node:fs/promises';
import { createKey, signatureTypes } from '@therapytrain/alerts-audit';
import { systemRandom } from '@therapytrain/alerts-core';
import { ExitCode } from '../exit-code.ts';
import type { Session } from '../session.ts';

/** Makes a key: the private one in a file of its own, the public one on the standard output. */
export const makeKey = async (
  session: Session,
  name: string,
  { file, witness }: { readonly file: string; readonly witness?: boolean },
): Promise<ExitCode> => {
  const key = createKey(name, witness ? signatureTypes.cosignature : signatureTypes.note, systemRandom);
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${key.secretText()}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await session.print([key.vkey]);
  return ExitCode.OK;
};
