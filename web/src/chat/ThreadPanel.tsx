import { useEffect, useMemo, useState } from 'react';

import { useSession } from '../app/SessionContext';
import type { MsgId, ThreadModel } from '../session/api';
import { Conversation } from './Conversation';
import { boxOf } from './drafts';
import { RoomProvider, type RoomView } from './RoomContext';

/** What was answered to one message, and where one answers it oneself. */
export function ThreadPanel({ view, root }: { readonly view: RoomView; readonly root: MsgId }) {
  const session = useSession();
  const { model } = view;
  const [thread, setThread] = useState<ThreadModel | null>(null);
  const [shown, setShown] = useState<{ readonly id: MsgId } | null>(null);
  useEffect(() => {
    const opened = model.thread(root);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what this effect opens arrives as state
    setThread(opened);
    return () => {
      setThread(null);
      opened.close();
    };
  }, [model, root]);
  const inThread = useMemo(
    (): RoomView | null =>
      thread === null
        ? null
        : {
            ...view,
            source: thread.timeline,
            thread: root,
            box: boxOf(session, root),
            // A quote may lead out of the thread.
            jump: (id) => (thread.timeline.get().messages.some((message) => message.id === id) ? setShown({ id }) : view.jump(id)),
          },
    [view, thread, root, session],
  );
  if (thread === null || inThread === null) return null;
  return (
    <RoomProvider value={inThread}>
      <Conversation older={() => thread.older()} at={shown} />
    </RoomProvider>
  );
}
