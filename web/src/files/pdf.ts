/**
 * pdf.js, held short: it gets bytes and draws pages. Its worker is one of the build's, no script of a PDF runs (that part is not built
 * in), forms and links are not made, and all that it may load are its own decoders, from our own origin.
 */
import { getDocument, PasswordResponses, PDFWorker, TextLayer, type PDFPageProxy } from 'pdfjs-dist';
import jbig2 from 'pdfjs-dist/wasm/jbig2.wasm?url';
import openjpeg from 'pdfjs-dist/wasm/openjpeg.wasm?url';
import qcms from 'pdfjs-dist/wasm/qcms_bg.wasm?url';

import { ownFile } from '../doors/ownFile';
import { Refusal } from '../doors/refusal';
import { startWorker } from '../doors/trusted';

/** Of one drawn page, so that a huge page at the largest zoom is drawn coarsely and not refused. */
const MAX_PIXELS = 16_000_000;

const DECODERS: Readonly<Record<string, string>> = { 'jbig2.wasm': jbig2, 'openjpeg.wasm': openjpeg, 'qcms_bg.wasm': qcms };

class OwnDecoders {
  async fetch({ filename }: { readonly kind: string; readonly filename: string }): Promise<Uint8Array> {
    const url = DECODERS[filename];
    if (url === undefined) throw new Error('not built in');
    return ownFile(url);
  }
}

export interface PdfPage {
  /** Width by height. */
  readonly ratio: number;
  /** Draws the page `width` CSS pixels wide; the answer takes it back. */
  draw(canvas: HTMLCanvasElement, words: HTMLElement, width: number): () => void;
}

export interface PdfText {
  readonly pages: number;
  /** Of the first page; most are alike. */
  readonly ratio: number;
  page(number: number): Promise<PdfPage>;
  close(): void;
}

/** Rejects with `pdf_locked` or `pdf_broken`. */
export async function openPdf(data: ArrayBuffer): Promise<PdfText> {
  const port = startWorker('pdf');
  const worker = PDFWorker.create({ port });
  const close = (): void => {
    worker.destroy();
    port.terminate();
  };
  const task = getDocument({
    data,
    worker,
    BinaryDataFactory: OwnDecoders,
    wasmUrl: '/',
    useWorkerFetch: false,
    enableXfa: false,
    stopAtErrors: false,
    maxImageSize: 100_000_000,
    verbosity: 0,
  });
  const locked = new Promise<never>((_, reject) => {
    task.onPassword = (_update: unknown, reason: number) => {
      if (reason === PasswordResponses.NEED_PASSWORD || reason === PasswordResponses.INCORRECT_PASSWORD) reject(new Refusal('pdf_locked'));
    };
  });
  try {
    const file = await Promise.race([task.promise, locked]);
    const first = pageOf(await file.getPage(1));
    return {
      pages: file.numPages,
      ratio: first.ratio,
      page: async (number) => (number === 1 ? first : pageOf(await file.getPage(number))),
      close: () => void task.destroy().finally(close),
    };
  } catch (error) {
    void task.destroy().catch(() => undefined).finally(close);
    throw error instanceof Refusal ? error : new Refusal('pdf_broken');
  }
}

function pageOf(page: PDFPageProxy): PdfPage {
  const natural = page.getViewport({ scale: 1 });
  return {
    ratio: natural.width / natural.height,
    draw(canvas, words, width) {
      const viewport = page.getViewport({ scale: width / natural.width });
      const sharp = Math.min(devicePixelRatio, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)));
      canvas.width = Math.max(1, Math.floor(viewport.width * sharp));
      canvas.height = Math.max(1, Math.floor(viewport.height * sharp));
      const drawn = page.render({ canvas, viewport, transform: [sharp, 0, 0, sharp, 0, 0], annotationMode: 0 });
      drawn.promise.catch(() => undefined); // taken back, or a page with mistakes: what could be drawn stands
      words.replaceChildren();
      words.style.setProperty('--total-scale-factor', String(viewport.scale));
      const text = new TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport });
      text.render().catch(() => undefined);
      return () => {
        drawn.cancel();
        text.cancel();
        canvas.width = 0; // gives its memory back at once
      };
    },
  };
}



