import { Download, Eye, Play, X } from 'lucide-react';
import { lazy, Suspense, useCallback, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import type { FileRef } from '../session/api';
import { Button, IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem } from '../ui/Problem';
import { FileIcon } from './FileIcon';
import styles from './FileViews.module.css';
import { canShow, kindOf, UNASKED, WHOLE } from './kinds';
import { shownName } from './names';
import { lengthText, sizeText } from './size';
import { useFiles, useOpened } from './useFiles';
import { useSave } from './useSave';

const c = classes(styles);
const Viewer = lazy(() => import('./Viewer').then((module) => ({ default: module.Viewer })));
/** How large a picture stands in a message, in pixels. */
const WIDEST = 320;
const HIGHEST = 240;

/** The files of one message: pictures as pictures, everything else as what it is. */
export function FileViews({ files }: { readonly files: readonly FileRef[] }) {
  const { t } = useTranslation('files');
  const [shown, setShown] = useState<FileRef | null>(null);
  const list = files.filter(canShow);
  return (
    <ul className={c('files')} aria-label={t('view.list')}>
      {files.map((file) => (
        <li key={file.object}>
          {kindOf(file.type) === 'picture' && file.size <= WHOLE ? <Picture file={file} onOpen={() => setShown(file)} /> : <Card file={file} onOpen={() => setShown(file)} />}
        </li>
      ))}
      {shown !== null && (
        <Suspense>
          <Viewer files={list} shown={shown} onShow={setShown} onClose={() => setShown(null)} />
        </Suspense>
      )}
    </ul>
  );
}

/** A picture, made small on this device; what is large waits to be asked for. */
function Picture({ file, onOpen }: { readonly file: FileRef; readonly onOpen: () => void }) {
  const { t } = useTranslation('files');
  const [wanted, setWanted] = useState(file.size <= UNASKED);
  const open = useCallback((files: NonNullable<ReturnType<typeof useFiles>>) => files.small(file), [file]);
  const { state } = useOpened(wanted, open);
  const name = shownName(file.name);
  if (state.at === 'failed') return <Card file={file} onOpen={onOpen} problem={state.error} />;
  const { width = WIDEST, height = HIGHEST } = file;
  const scale = Math.min(1, WIDEST / Math.max(1, width), HIGHEST / Math.max(1, height));
  const size = { width: Math.max(48, Math.round(width * scale)), aspectRatio: `${Math.max(1, width)} / ${Math.max(1, height)}` };
  if (state.at === 'open') {
    return (
      <AriaButton className={c('picture')} style={size} aria-label={t('view.open', { name })} onPress={onOpen}>
        <img src={state.url} alt="" />
      </AriaButton>
    );
  }
  return (
    <div className={c('picture', 'empty')} style={size}>
      {wanted ? (
        <span role="status">{t('view.loading')}</span>
      ) : (
        <Button small icon={<Eye aria-hidden="true" />} onPress={() => setWanted(true)}>
          {t('view.showPicture', { size: sizeText(file.size) })}
        </Button>
      )}
    </div>
  );
}

/** Any file: what it is, and what can be done with it. */
function Card({ file, onOpen, problem }: { readonly file: FileRef; readonly onOpen: () => void; readonly problem?: unknown }) {
  const { t } = useTranslation('files');
  const files = useFiles();
  const saving = useSave(files, file);
  const [plays, setPlays] = useState(false);
  const kind = kindOf(file.type);
  const name = shownName(file.name);
  const about = [sizeText(file.size), file.seconds === undefined ? '' : lengthText(file.seconds)].filter(Boolean).join(' · ');
  const error = saving.error ?? problem;
  return (
    <div className={c('card')}>
      <div className={c('line')}>
        <span className={c('face')}>
          <FileIcon type={file.type} />
        </span>
        <div className={c('text')}>
          <p className={c('name')}>
            <bdi>{name}</bdi>
          </p>
          <p className={c('about')}>{saving.part === null ? about : t('view.saving', { part: Math.floor(saving.part * 100) })}</p>
        </div>
        {kind === 'audio' && !plays && (
          <IconButton small label={t('view.play', { name })} onPress={() => setPlays(true)}>
            <Play aria-hidden="true" />
          </IconButton>
        )}
        {kind !== 'audio' && canShow(file) && (
          <IconButton small label={t(kind === 'video' ? 'view.play' : 'view.open', { name })} onPress={onOpen}>
            {kind === 'video' ? <Play aria-hidden="true" /> : <Eye aria-hidden="true" />}
          </IconButton>
        )}
        {saving.part === null ? (
          <IconButton small label={t('view.save', { name })} isDisabled={files === null} onPress={saving.save}>
            <Download aria-hidden="true" />
          </IconButton>
        ) : (
          <IconButton small label={t('view.stopSaving', { name })} onPress={saving.stop}>
            <X aria-hidden="true" />
          </IconButton>
        )}
      </div>
      {plays && <Sound file={file} />}
      {error !== undefined && <Problem error={error} />}
    </div>
  );
}

function Sound({ file }: { readonly file: FileRef }) {
  const { t } = useTranslation('files');
  const open = useCallback((files: NonNullable<ReturnType<typeof useFiles>>) => files.stream(file), [file]);
  const { state } = useOpened(true, open);
  if (state.at === 'failed') return <Problem error={state.error} />;
  if (state.at !== 'open') return <p role="status">{t('view.loading')}</p>;
  // eslint-disable-next-line jsx-a11y/media-has-caption -- what others send has no captions
  return <audio className={c('sound')} src={state.url} controls autoPlay aria-label={shownName(file.name)} />;
}
