/**
 * The service worker's side of files: asks the page that has the file open for its bytes, and passes them on as an answer that can seek.
 *
 * It knows neither key nor text. What it serves is sound, film, or something to save, never a document; the headers say so again.
 */
import type { FileAnswer, FileInfo } from './held';

export const FILES = '/-/file/';
/** How long a page may take to say whether it has the file. */
const PATIENCE_MS = 3_000;

/** Takes what comes through the port one by one. */
class Line {
  private readonly come: FileAnswer[] = [];
  private waiting: ((answer: FileAnswer) => void) | null = null;

  constructor(readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<FileAnswer>) => {
      if (this.waiting === null) this.come.push(data);
      else this.waiting(data);
      this.waiting = null;
    };
  }

  next(): Promise<FileAnswer> {
    const first = this.come.shift();
    return first === undefined ? new Promise((resolve) => (this.waiting = resolve)) : Promise.resolve(first);
  }
}

function isInfo(answer: FileAnswer): answer is FileInfo {
  return typeof answer === 'object' && answer !== null && 'size' in answer;
}

/** The page that has the file, and what it is. */
async function owner(pages: readonly { postMessage(message: unknown, transfer: Transferable[]): void }[], token: string): Promise<[Line, FileInfo] | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const asked = pages.map(async (page): Promise<[Line, FileInfo]> => {
    const { port1, port2 } = new MessageChannel();
    const line = new Line(port1);
    page.postMessage({ token }, [port2]);
    const info = await line.next();
    if (!isInfo(info)) throw new TypeError('not its file');
    return [line, info];
  });
  return Promise.race([Promise.any(asked).catch(() => null), late]);
}

/** `bytes=FROM-[TO]` as from and to (exclusive); `null`: no range of this file. */
export function rangeOf(header: string | null, size: number): [number, number] | null {
  if (header === null) return [0, size];
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === '' && last === '') return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return from < to ? [from, to] : null;
}

export async function streamed(request: Request, pages: Parameters<typeof owner>[0]): Promise<Response> {
  const found = await owner(pages, new URL(request.url).pathname.slice(FILES.length));
  if (found === null) return new Response(null, { status: 404 });
  const [{ port }, { size, type, name }] = found;
  const line = found[0];
  const asked = request.headers.get('range');
  const range = rangeOf(asked, size);
  // A page of it would be a document of our own origin: it is saved, or played where a player asked.
  const plays = name === undefined && (request.destination === 'audio' || request.destination === 'video') && /^(audio|video)\//.test(type);
  if (range === null || (!plays && name === undefined)) {
    port.postMessage('stop');
    return new Response(null, { status: range === null ? 416 : 404 });
  }
  const [from, to] = range;
  port.postMessage({ from, to });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        port.postMessage('next');
        const answer = await line.next();
        if (answer instanceof Uint8Array) controller.enqueue(answer);
        else if (answer === 'end') controller.close();
        else controller.error(new TypeError('broken'));
      },
      cancel() {
        port.postMessage('stop');
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    status: asked === null ? 200 : 206,
    headers: {
      'Content-Type': plays ? type : 'application/octet-stream',
      'Content-Length': String(to - from),
      'Content-Disposition': name === undefined ? 'inline' : `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`,
      ...(asked === null ? {} : { 'Content-Range': `bytes ${from}-${to - 1}/${size}` }),
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    },
  });
}
