/** What every part of an open room's screen may do. */
import { createContext, useContext } from 'react';

import type { MsgId, Pid, Readable, Room, RoomModel, Timeline } from '../session/api';
import type { Box } from './drafts';

export interface RoomView {
  readonly room: Room;
  readonly model: RoomModel;
  readonly me: Pid;
  /** What is shown: the room's messages, or the thread's. */
  readonly source: Readable<Timeline>;
  /** The root of the thread that is shown; `null`: the room itself. */
  readonly thread: MsgId | null;
  /** Where answers are written. */
  readonly box: Box;
  readonly openThread: (root: MsgId) => void;
  /** Shows a message, wherever in the room it stands. */
  readonly jump: (id: MsgId) => void;
}

const RoomContext = createContext<RoomView | null>(null);

export const RoomProvider = RoomContext.Provider;

export function useRoomView(): RoomView {
  const view = useContext(RoomContext);
  if (view === null) throw new Error('outside a room');
  return view;
}

/** What one may do in the room; relay and every reader check it again. */
export function rightsIn({ myRole, post, archived, trouble }: Room): { readonly write: boolean; readonly react: boolean; readonly moderate: boolean } {
  const leads = myRole === 'owner' || myRole === 'moderator';
  const open = !archived && trouble === null;
  return { write: !archived && (post === 'member' || leads), react: open && myRole !== 'guest', moderate: open && leads };
}
