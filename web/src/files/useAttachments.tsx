/** What a composer needs to attach files; the rest of the folder loads with the first file. */
import { Paperclip } from 'lucide-react';
import { type ClipboardEvent, type DragEvent, lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useSession } from '../app/SessionContext';
import { type FileRef, Refusal, type RoomId } from '../session/api';
import { Signal } from '../session/signal';
import { IconButton } from '../ui/Button';
import { classes } from '../ui/classes';
import { useReadable } from '../ui/useReadable';
import { type Chosen, droppedFiles, pickFiles } from './handles';
import type { Upload } from './uploads';
import styles from './useAttachments.module.css';

const c = classes(styles);
const UploadList = lazy(() => import('./UploadList').then((module) => ({ default: module.UploadList })));

/** As many as a message takes (`samrum.wire.content`). */
const MAX_FILES = 20;
const NONE = new Signal<readonly Upload[]>([]);

export interface Attachments {
  readonly uploads: readonly Upload[];
  /** There are attachments, and all of them can go with a message. */
  readonly ready: boolean;
  /** Some are not there yet. */
  readonly busy: boolean;
  add(chosen: readonly Chosen[]): void;
  /** Of the composer: takes pasted files, and leaves text alone. */
  onPaste(event: ClipboardEvent): void;
  /** Says that files can be dropped, while some are dragged over; lies over the whole drop zone, which is positioned. */
  readonly hint: ReactNode;
  /** Of the element that files are dropped on. */
  readonly dropZone: Pick<React.HTMLAttributes<HTMLElement>, 'onDragEnter' | 'onDragOver' | 'onDragLeave' | 'onDrop'>;
  /** The list with progress, to stand over the composer; nothing while there is nothing. */
  readonly list: ReactNode;
  /** The finished files, for a message that is sent now; then say with `settle` whether it was. */
  take(): readonly FileRef[];
  settle(files: readonly FileRef[], sent: boolean): void;
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files');
}

/** Files for the next message in a room. They stay with the room, also when one looks into another. */
export function useAttachments(room: RoomId): Attachments {
  const { files: part } = useSession();
  const files = useReadable(part.now);
  const uploads = useReadable(files?.uploads(room) ?? NONE);
  const [failure, setFailure] = useState<unknown>();
  const [dragging, setDragging] = useState(false);
  /** Enter and leave come for every element inside. */
  const depth = useRef(0);

  // Texts that wait here are of the room that is left.
  useEffect(() => () => setFailure(undefined), [room]);

  const add = (chosen: readonly Chosen[], problem?: unknown) => {
    setFailure(problem);
    if (chosen.length === 0) return;
    part.load().then(
      (loaded) => {
        const space = MAX_FILES - loaded.uploads(room).get().length;
        if (chosen.length > space) setFailure(new Refusal('too_many_files'));
        for (const one of chosen.slice(0, Math.max(0, space))) {
          try {
            loaded.upload(room, one);
          } catch (error) {
            setFailure(error);
          }
        }
      },
      (error: unknown) => setFailure(error),
    );
  };
  const drop = (event: DragEvent) => {
    depth.current = 0;
    setDragging(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    void droppedFiles(event.dataTransfer).then(({ chosen, folders }) => add(chosen, folders ? new Refusal('no_folders') : undefined));
  };
  const enter = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth.current += 1;
    setDragging(true);
  };
  const leave = () => {
    depth.current = Math.max(0, depth.current - 1);
    if (depth.current === 0) setDragging(false);
  };
  const shown = uploads.length > 0 || failure !== undefined;
  return {
    uploads,
    ready: uploads.length > 0 && uploads.every(({ state }) => state === 'done'),
    busy: uploads.some(({ state }) => state !== 'done'),
    add,
    onPaste: (event) => {
      // A table or a text brings its picture along: the text is what was meant.
      if (event.clipboardData.types.includes('text/plain') || event.clipboardData.files.length === 0) return;
      event.preventDefault();
      void droppedFiles(event.clipboardData).then(({ chosen }) => add(chosen));
    },
    hint: dragging && <DropHint />,
    dropZone: { onDragEnter: enter, onDragOver: (event) => hasFiles(event) && event.preventDefault(), onDragLeave: leave, onDrop: drop },
    list: shown && (
      <Suspense>
        <UploadList uploads={uploads} sending={files?.sending ?? null} failure={failure} onFailureSeen={() => setFailure(undefined)} />
      </Suspense>
    ),
    take: () => files?.sending.take(room) ?? [],
    settle: (taken, sent) => files?.sending.settle(taken, sent),
  };
}

function DropHint() {
  const { t } = useTranslation('files');
  return <div className={c('hint')}>{t('drop')}</div>;
}

/** Opens the browser's picker. */
export function AttachButton({ attachments }: { readonly attachments: Attachments }) {
  const { t } = useTranslation('files');
  const input = useRef<HTMLInputElement>(null);
  const pick = async () => {
    // A picker that gives handles, so that an upload goes on after a reload; else the ordinary one.
    const chosen = await pickFiles().catch(() => null);
    if (chosen === null) input.current?.click();
    else attachments.add(chosen);
  };
  return (
    <>
      <IconButton label={t('attach')} onPress={() => void pick()}>
        <Paperclip aria-hidden="true" />
      </IconButton>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          attachments.add([...(event.target.files ?? [])].map((file) => ({ file, handle: null })));
          event.target.value = ''; // the same file may be chosen again
        }}
      />
    </>
  );
}
