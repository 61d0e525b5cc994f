import { ChevronLeft, ChevronRight, Download, ZoomIn, ZoomOut } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import type { FileRef } from '../session/api';
import { CloseButton, IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { kindOf } from './kinds';
import { shownName } from './names';
import { useFiles, useOpened } from './useFiles';
import { useSave } from './useSave';
import styles from './Viewer.module.css';

const c = classes(styles);
const Pdf = lazy(() => import('./Pdf').then((module) => ({ default: module.Pdf })));
const ZOOMS = [1, 1.5, 2, 3, 4] as const;

/** Pictures, films and PDF on the whole screen, one after the other. Arrow keys go on, + and − zoom, Escape closes. */
export function Viewer({
  files,
  shown,
  onShow,
  onClose,
}: {
  readonly files: readonly FileRef[];
  readonly shown: FileRef;
  readonly onShow: (file: FileRef) => void;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation('files');
  const [zoom, setZoom] = useState(0);
  const saving = useSave(useFiles(), shown);
  const at = files.findIndex(({ object }) => object === shown.object);
  const kind = kindOf(shown.type);
  const zooms = kind === 'picture' || kind === 'pdf';
  const name = shownName(shown.name);
  const go = (by: number) => {
    const next = files.at((at + by) % files.length);
    if (next === undefined || files.length < 2) return;
    setZoom(0);
    onShow(next);
  };
  const magnify = (by: number) => setZoom((before) => Math.max(0, Math.min(ZOOMS.length - 1, before + by)));
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const { target, key } = event;
    // The tooltip of the button that was just pressed would take it for itself.
    if (key === 'Escape') onClose();
    // A player has its own use for arrows, a magnified picture scrolls with them.
    const own = target instanceof HTMLMediaElement || (zoom > 0 && target instanceof HTMLElement && target.role === 'region');
    const action = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), '+': () => magnify(1), '-': () => magnify(-1), '0': () => setZoom(0) }[key];
    if (action === undefined || own || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    // On the document: a press beside everything puts the focus on the dialog itself.
    document.addEventListener('keydown', onKey, true);
    return () => document.removeEventListener('keydown', onKey, true);
  }, []);
  return (
    <ModalOverlay className={c('overlay')} isOpen onOpenChange={(open) => !open && onClose()}>
      <Modal className={c('modal')}>
        <Dialog className={c('dialog')}>
          <div className={c('frame')}>
            <header className={c('head')}>
              <Heading slot="title" level={2} className={c('title')}>
                <bdi>{name}</bdi>
              </Heading>
              {files.length > 1 && <span className={c('count')}>{t('viewer.count', { at: at + 1, count: files.length })}</span>}
              <div className={c('tools')}>
                {files.length > 1 && (
                  <>
                    <IconButton label={t('viewer.previous')} onPress={() => go(-1)}>
                      <ChevronLeft aria-hidden="true" />
                    </IconButton>
                    <IconButton label={t('viewer.next')} onPress={() => go(1)}>
                      <ChevronRight aria-hidden="true" />
                    </IconButton>
                  </>
                )}
                {zooms && (
                  <>
                    <IconButton label={t('viewer.smaller')} onPress={() => magnify(-1)}>
                      <ZoomOut aria-hidden="true" />
                    </IconButton>
                    <IconButton label={t('viewer.larger')} onPress={() => magnify(1)}>
                      <ZoomIn aria-hidden="true" />
                    </IconButton>
                  </>
                )}
                <IconButton label={t('view.save', { name })} onPress={saving.save}>
                  <Download aria-hidden="true" />
                </IconButton>
                <CloseButton label={t('viewer.close')} onPress={onClose} autoFocus />
              </div>
            </header>
            {saving.error !== undefined && <Problem error={saving.error} />}
            {kind === 'pdf' ? (
              <Suspense fallback={<p className={c('wait')}>{t('view.loading')}</p>}>
                <Pdf key={shown.object} file={shown} zoom={ZOOMS[zoom] ?? 1} />
              </Suspense>
            ) : (
              <Content key={shown.object} file={shown} zoom={ZOOMS[zoom] ?? 1} />
            )}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** A picture, a film or a sound. */
function Content({ file, zoom }: { readonly file: FileRef; readonly zoom: number }) {
  const { t } = useTranslation('files');
  const kind = kindOf(file.type);
  const open = useCallback((files: NonNullable<ReturnType<typeof useFiles>>) => (kind === 'picture' ? files.url(file) : files.stream(file)), [file, kind]);
  const { state } = useOpened(true, open);
  const [broken, setBroken] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // The middle stays in the middle.
    const { current } = stage;
    current?.scrollTo((current.scrollWidth - current.clientWidth) / 2, (current.scrollHeight - current.clientHeight) / 2);
  }, [zoom]);
  const name = shownName(file.name);
  if (state.at === 'failed') {
    return (
      <div className={c('wait')}>
        <Problem error={state.error} />
      </div>
    );
  }
  if (broken) return <p className={c('wait')}>{t('viewer.broken')}</p>;
  if (state.at !== 'open') {
    return (
      <p className={c('wait')} role="status">
        {t('view.loading')}
      </p>
    );
  }
  if (kind === 'picture') {
    return (
      <div ref={stage} className={c('stage', 'picture')} role="region" aria-label={t('viewer.picture')} tabIndex={0}>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- nobody acts on it: it tells that it is no picture */}
        <img className={c('image')} style={{ width: `${zoom * 100}%`, height: `${zoom * 100}%` }} src={state.url} alt={name} onError={() => setBroken(true)} />
      </div>
    );
  }
  return (
    <div className={c('stage')}>
      {kind === 'video' ? (
        // eslint-disable-next-line jsx-a11y/media-has-caption -- what others send has no captions
        <video className={c('film')} src={state.url} controls autoPlay playsInline aria-label={name} onError={() => setBroken(true)} />
      ) : (
        // eslint-disable-next-line jsx-a11y/media-has-caption -- what others send has no captions
        <audio src={state.url} controls autoPlay aria-label={name} onError={() => setBroken(true)} />
      )}
    </div>
  );
}
