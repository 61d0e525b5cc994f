/** The ledger's arithmetic: `h` = SHA-256 of a line, `head_n` = SHA-256(`head_{n-1}` ‖ `h_n`), 32 zero bytes before the first. */
import { b64, concat, sha256, unb64, utf8 } from './bytes';

/** `h` of one line as home wrote it. */
export async function entryHash(line: string): Promise<string> {
  return b64(await sha256(utf8(line)));
}

/** The head after entries with these hashes, from the head before them (`FIRST` of `chain.ts` for an empty ledger). */
export async function headAfter(head: string, hashes: readonly string[]): Promise<string> {
  let value = unb64(head);
  for (const hash of hashes) value = await sha256(concat(value, unb64(hash)));
  return b64(value);
}
