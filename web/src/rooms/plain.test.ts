import { expect, it } from 'vitest';

import type { Bytes } from '../wire/bytes';
import { plain } from './plain';

const bytes = (...parts: readonly (string | readonly number[])[]): Bytes =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? Array.from(part, (sign) => sign.charCodeAt(0)) : part)));

it('takes profile and camera data out of a WebP, and says so in its header', () => {
  const file = bytes('RIFF', [58, 0, 0, 0], 'WEBP', 'VP8X', [10, 0, 0, 0, 0x38, 0, 0, 0, 1, 0, 0, 1, 0, 0], 'ICCP', [3, 0, 0, 0, 7, 7, 7, 0], 'VP8L', [2, 0, 0, 0, 9, 8], 'EXIF', [2, 0, 0, 0, 1, 1]);
  expect(plain(file)).toEqual(bytes('RIFF', [32, 0, 0, 0], 'WEBP', 'VP8X', [10, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 1, 0, 0], 'VP8L', [2, 0, 0, 0, 9, 8]));
});

it('takes text and camera data out of a PNG', () => {
  const head = [[0x89], 'PNG', [13, 10, 26, 10]] as const;
  const part = (name: string) => [[0, 0, 0, 1], name, [5, 1, 2, 3, 4]] as const;
  expect(plain(bytes(...head, ...part('IHDR'), ...part('eXIf'), ...part('IDAT'), ...part('tEXt'), ...part('IEND')))).toEqual(
    bytes(...head, ...part('IHDR'), ...part('IDAT'), ...part('IEND')),
  );
});

it('leaves what it does not know, and ends with a file that is cut off', () => {
  expect(plain(bytes('GIF89a', [1, 2, 3]))).toEqual(bytes('GIF89a', [1, 2, 3]));
  expect(plain(bytes('RIFF', [9, 9, 9, 9], 'WEBP', 'VP8L', [200, 0, 0, 0, 1])).length).toBe(21);
  expect(plain(new Uint8Array(0)).length).toBe(0);
});
