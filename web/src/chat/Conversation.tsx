import type { ReactNode } from 'react';

import { useAttachments } from '../files';
import type { MsgId, RoomId } from '../session/api';
import { classes } from '../ui/classes';
import { Composer } from './Composer';
import styles from './RoomScreen.module.css';
import { useRoomView } from './RoomContext';
import { mayWrite, ReadOnly } from './ReadOnly';
import { Timeline } from './Timeline';

const c = classes(styles);

/** What was said and where one writes, of a room or a thread; files may be dropped anywhere on it. */
export function Conversation({
  older,
  at,
  children,
}: {
  readonly older: () => Promise<void>;
  readonly at: { readonly id: MsgId } | null;
  /** Between the two. */
  readonly children?: ReactNode;
}) {
  const { room, thread } = useRoomView();
  // Files wait by the place that they were dropped on; a thread is named by its root.
  const attachments = useAttachments((thread ?? room.id) as RoomId);
  return (
    <div className={c('conversation')} {...attachments.dropZone}>
      <Timeline older={older} at={at} />
      {children}
      {mayWrite(room) ? <Composer attachments={attachments} /> : <ReadOnly room={room} />}
      {attachments.hint}
    </div>
  );
}
