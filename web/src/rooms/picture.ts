/** Making a picture small and plain before it leaves the device: a square, without place, time or anything else that a file may hold. */
import type { Bytes } from '../wire/bytes';
import { plain } from './plain';

const SIDE = 256; // as in wire/rooms_api.py
const MOST = 100_000;
const QUALITIES = [0.9, 0.75, 0.5, 0.3] as const;

/** The middle of a picture file as a square of at most 256 pixels; `null`: it is no picture that this browser knows. */
export async function small(file: Blob): Promise<Bytes | null> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (picture === null) return null;
  const edge = Math.min(picture.width, picture.height);
  const side = Math.min(edge, SIDE);
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d');
  context?.drawImage(picture, (picture.width - edge) / 2, (picture.height - edge) / 2, edge, edge, 0, 0, side, side);
  picture.close();
  for (const quality of QUALITIES) {
    const made = plain(new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality })).arrayBuffer()));
    if (made.length <= MOST) return made;
  }
  return null;
}
