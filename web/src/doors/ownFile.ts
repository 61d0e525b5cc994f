/** A file of the build, from our own origin: what a library needs besides code. */
import { Refusal } from './refusal';

export async function ownFile(path: string): Promise<Uint8Array> {
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin) throw new Refusal('bad_reply');
  const answer = await fetch(url, { credentials: 'omit', redirect: 'error' });
  if (!answer.ok) throw new Refusal('home_away');
  return new Uint8Array(await answer.arrayBuffer());
}
