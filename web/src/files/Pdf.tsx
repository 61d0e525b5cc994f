import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { FileRef } from '../session/api';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { openPdf, type PdfPage, type PdfText } from './pdf';
import { useFiles } from './useFiles';
import styles from './Viewer.module.css';

const c = classes(styles);
/** Widest page at zoom 1, in CSS pixels. */
const WIDEST = 900;

/** A PDF, page by page as one comes to them. Nothing in it runs, and nothing of it is fetched. */
export function Pdf({ file, zoom }: { readonly file: FileRef; readonly zoom: number }) {
  const { t } = useTranslation('files');
  const files = useFiles();
  const [text, setText] = useState<PdfText | null>(null);
  const [error, setError] = useState<unknown>();
  const [width, setWidth] = useState(0);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (files === null) return;
    let gone = false;
    let held: PdfText | null = null;
    files.bytes(file).then(openPdf).then(
      (opened) => {
        held = opened;
        if (gone) opened.close();
        else setText(opened);
      },
      (failure: unknown) => !gone && setError(failure),
    );
    return () => {
      gone = true;
      held?.close();
    };
  }, [files, file]);

  useEffect(() => {
    if (box.current === null) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.min(WIDEST, (entry?.contentRect.width ?? 0) - 2)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [text]);

  if (error !== undefined) {
    return (
      <div className={c('wait')}>
        <Problem error={error} />
      </div>
    );
  }
  if (text === null) {
    return (
      <p className={c('wait')} role="status">
        {t('view.loading')}
      </p>
    );
  }
  return (
    <div ref={box} className={c('pages')} role="region" aria-label={t('viewer.pages')} tabIndex={0}>
      {width > 0 && Array.from({ length: text.pages }, (_, index) => <Page key={index} text={text} number={index + 1} width={width * zoom} />)}
    </div>
  );
}

function Page({ text, number, width }: { readonly text: PdfText; readonly number: number; readonly width: number }) {
  const { t } = useTranslation('files');
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const words = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const [page, setPage] = useState<PdfPage | null>(null);

  useEffect(() => {
    if (frame.current === null) return;
    const watch = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting === true), { rootMargin: '100% 0px' });
    watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    if (!near || page !== null) return;
    let gone = false;
    text.page(number).then((found) => !gone && setPage(found), () => undefined);
    return () => {
      gone = true;
    };
  }, [near, page, text, number]);

  useEffect(() => {
    if (!near || page === null || canvas.current === null || words.current === null) return;
    return page.draw(canvas.current, words.current, width);
  }, [near, page, width]);

  const ratio = page?.ratio ?? text.ratio;
  return (
    <div ref={frame} className={c('page')} role="group" aria-label={t('viewer.page', { number, count: text.pages })} style={{ width, height: width / ratio }}>
      {near && (
        <>
          <canvas ref={canvas} aria-hidden="true" />
          <div ref={words} className={c('words')} />
        </>
      )}
    </div>
  );
}
