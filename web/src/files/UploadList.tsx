import { CircleAlert, Pause, Play, RotateCw, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { announce } from '../ui/announce';
import { Button, IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { Problem, useExplain } from '../ui/Problem';
import { FileIcon } from './FileIcon';
import { pickFiles } from './handles';
import { shownName } from './names';
import { sizeText } from './size';
import styles from './UploadList.module.css';
import type { Upload, Uploads } from './uploads';
import { useObjectUrl } from './useObjectUrl';

const c = classes(styles);
/** States in which nothing moves by itself. */
const STILL: readonly Upload['state'][] = ['done', 'failed', 'paused', 'asks_file', 'asks_leave'];

/** Attachments of the next message: how far they are, and what one can do with each. */
export function UploadList({
  uploads,
  sending,
  failure,
  onFailureSeen,
}: {
  readonly uploads: readonly Upload[];
  /** `null` while nothing was ever attached. */
  readonly sending: Uploads | null;
  /** Why something could not be attached. */
  readonly failure: unknown;
  readonly onFailureSeen: () => void;
}) {
  const { t } = useTranslation('files');
  useSpoken(uploads);
  return (
    <div className={c('attachments')}>
      {failure !== undefined && (
        <div className={c('failure')}>
          <Problem error={failure} />
          <IconButton small label={t('upload.seen')} onPress={onFailureSeen}>
            <X aria-hidden="true" />
          </IconButton>
        </div>
      )}
      {sending !== null && uploads.length > 0 && (
        <ul className={c('list')} aria-label={t('upload.list')}>
          {uploads.map((upload) => (
            <li key={upload.id} className={c('item')}>
              <Row upload={upload} sending={sending} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Says aloud when a file is there, or when it needs somebody. */
function useSpoken(uploads: readonly Upload[]): void {
  const { t } = useTranslation('files');
  const before = useRef(new Map<string, Upload['state']>());
  useEffect(() => {
    for (const { id, state, name } of uploads) {
      if (before.current.get(id) === state) continue;
      if (state === 'done') announce(t('upload.saidDone', { name: shownName(name) }));
      if (state === 'failed' || state === 'asks_file' || state === 'asks_leave') announce(t('upload.saidFailed', { name: shownName(name) }));
    }
    before.current = new Map(uploads.map(({ id, state }) => [id, state]));
  }, [uploads, t]);
}

function Row({ upload, sending }: { readonly upload: Upload; readonly sending: Uploads }) {
  const { t } = useTranslation('files');
  const explain = useExplain();
  const [failure, setFailure] = useState<string>();
  const preview = useObjectUrl(upload.preview);
  const name = shownName(upload.name);
  const { id, state, code, size, sent } = upload;
  const said = failure ?? code ?? undefined;
  const about = state === 'sending' ? t('upload.part', { part: Math.floor(sent * 100), size: sizeText(size) }) : state === 'done' ? sizeText(size) : t(`upload.state.${state}`);
  return (
    <>
      <span className={c('face')}>{preview === null ? <FileIcon type={upload.type} /> : <img src={preview} alt="" />}</span>
      <div className={c('text')}>
        <p className={c('name')}>
          <bdi>{name}</bdi>
        </p>
        <p className={c('about')}>
          {about}
          {upload.bare && ` · ${t('upload.bare')}`}
        </p>
        {said !== undefined && (
          <p className={c('why')}>
            <CircleAlert aria-hidden="true" />
            <span>{explain(said)}</span>
          </p>
        )}
        {state !== 'done' && state !== 'failed' && <progress className={c('bar')} value={sent} max={1} aria-label={t('upload.progress', { name })} />}
      </div>
      <div className={c('actions')}>
        {!STILL.includes(state) && (
          <IconButton small label={t('upload.pause', { name })} onPress={() => sending.pause(id)}>
            <Pause aria-hidden="true" />
          </IconButton>
        )}
        {(state === 'paused' || state === 'asks_leave') && (
          <IconButton small label={t('upload.resume', { name })} onPress={() => void sending.resume(id)}>
            <Play aria-hidden="true" />
          </IconButton>
        )}
        {state === 'failed' && code !== 'file_changed' && code !== 'upload_lost' && (
          <IconButton small label={t('upload.retry', { name })} onPress={() => void sending.resume(id)}>
            <RotateCw aria-hidden="true" />
          </IconButton>
        )}
        {state === 'asks_file' && <Again upload={upload} sending={sending} onFailure={setFailure} />}
        <IconButton small label={t('upload.remove', { name })} onPress={() => sending.cancel(id)}>
          <X aria-hidden="true" />
        </IconButton>
      </div>
    </>
  );
}

/** After a reload the browser has forgotten which file it was: it is chosen once more. */
function Again({ upload, sending, onFailure }: { readonly upload: Upload; readonly sending: Uploads; readonly onFailure: (code: string | undefined) => void }) {
  const { t } = useTranslation('files');
  const input = useRef<HTMLInputElement>(null);
  const choose = (file: File | undefined, handle: FileSystemFileHandle | null) => {
    if (file === undefined) return;
    onFailure(sending.again(upload.id, { file, handle }) ? undefined : 'file_other');
  };
  const pick = async () => {
    const chosen = await pickFiles().catch(() => null);
    if (chosen === null) input.current?.click();
    else choose(chosen[0]?.file, chosen[0]?.handle ?? null);
  };
  return (
    <>
      <Button small onPress={() => void pick()}>
        {t('upload.again')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        onChange={(event) => {
          choose(event.target.files?.[0], null);
          event.target.value = '';
        }}
      />
    </>
  );
}
