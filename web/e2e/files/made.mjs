/** Files for tests, made here: nothing of anybody else's lies in the tree. */

/** A JPEG of the page's own making that says where and when it was taken, and that it lies on its side. */
export async function photo(page) {
  const plain = await blobOf(page, async () => {
    const canvas = new OffscreenCanvas(600, 400);
    const draw = canvas.getContext('2d');
    draw.fillStyle = '#2a7';
    draw.fillRect(0, 0, 600, 400);
    draw.fillStyle = '#fff';
    draw.fillRect(40, 40, 120, 60);
    return canvas.convertToBlob({ type: 'image/jpeg' });
  });
  // Big-endian TIFF with two entries: orientation 6, and where GPS would begin.
  const tiff = Buffer.from('4d4d002a00000008' + '0002' + '011200030000000100060000' + '882500040000000100000026' + '00000000', 'hex');
  const says = Buffer.concat([Buffer.from('Exif\0\0'), tiff, Buffer.from('57.70887 N 11.97456 E, Anna Svensson')]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(says.length + 2);
  return Buffer.concat([plain.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, says, plain.subarray(2)]);
}

/** A second of film. */
export function film(page) {
  return blobOf(page, async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 240];
    const draw = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm;codecs=vp8' });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    for (let step = 0; step < 20; step += 1) {
      draw.fillStyle = `hsl(${step * 18} 80% 50%)`;
      draw.fillRect(0, 0, 320, 240);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    recorder.stop();
    await stopped;
    return new Blob(parts);
  });
}

/** The bytes of what `make` makes in the page. */
async function blobOf(page, make) {
  const made = await page.evaluateHandle(make);
  return Buffer.from(await made.evaluate(async (blob) => [...new Uint8Array(await blob.arrayBuffer())]));
}

/** A tone, as WAV: one channel, 16 bit, 24,000 a second. */
export function sound(seconds) {
  const rate = 24_000;
  const size = seconds * rate * 2;
  const wav = Buffer.alloc(44 + size);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + size, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(size, 40);
  for (let at = 0; at < size; at += 2) wav.writeInt16LE(Math.round(4000 * Math.sin(at / 40)), 44 + at);
  return wav;
}

/** A PDF with a page for each text. */
export function pdf(texts) {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${texts.map((_, at) => `${4 + at * 2} 0 R`).join(' ')}] /Count ${texts.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  texts.forEach((text, at) => {
    const drawn = `BT /F1 24 Tf 72 720 Td (${text}) Tj ET`;
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`);
    objects.push(`<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`);
  });
  let out = '%PDF-1.7\n';
  const places = objects.map((object, at) => {
    const place = out.length;
    out += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF`;
  return Buffer.from(out, 'latin1');
}
