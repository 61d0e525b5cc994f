/** A room's meeting, from the preview to leaving: the one entry for the shell, loaded when somebody meets. */
import { useCallback, useEffect, useState } from 'react';
import type { MeetingAccess, Room } from '../session/api.ts';
import { loadChoice } from './devices.ts';
import { Ended } from './Ended.tsx';
import { Meeting } from './meeting.ts';
import { PreviewScreen } from './PreviewScreen.tsx';
import { Stage } from './Stage.tsx';
import { useReadable } from '../ui/useReadable.ts';

export interface MeetingPanelProps {
  readonly access: MeetingAccess;
  readonly room: Room;
  /** Joins without the preview, with the microphone on: a call. */
  readonly atOnce?: boolean;
  /** The person left, or gave up before joining. */
  readonly onClose: () => void;
}

/** Fills its container. Another room is another meeting. */
export function MeetingPanel(props: MeetingPanelProps) {
  return <OneMeeting key={props.room.id} {...props} />;
}

function OneMeeting({ access, room, atOnce = false, onClose }: MeetingPanelProps) {
  // The shell may hand a new object for the same room at every render; one meeting keeps the one it began with.
  const [held] = useState(access);
  const [attempt, setAttempt] = useState(0);
  const [meeting, setMeeting] = useState<Meeting | null>(null);
  useEffect(() => {
    const made = new Meeting(held);
    // The engine is made with the screen and ends with it: it is what this effect keeps in step with.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setMeeting(made);
    return () => {
      made.leave();
    };
  }, [held, attempt]);
  if (meeting === null) return null;
  return (
    <Phases
      meeting={meeting}
      room={room}
      atOnce={atOnce && attempt === 0}
      onClose={onClose}
      onAgain={() => {
        setAttempt(attempt + 1);
      }}
    />
  );
}

interface PhasesProps {
  readonly meeting: Meeting;
  readonly room: Room;
  readonly atOnce: boolean;
  readonly onClose: () => void;
  readonly onAgain: () => void;
}

function Phases({ meeting, room, atOnce, onClose, onAgain }: PhasesProps) {
  const state = useReadable(meeting.state);
  const leave = useCallback(() => {
    meeting.leave();
    onClose();
  }, [meeting, onClose]);
  useShortcuts(meeting, state.phase === 'in');
  if (state.phase === 'over') return <Ended why={state.why} onAgain={onAgain} onClose={onClose} />;
  if (state.phase === 'preview') return <PreviewScreen meeting={meeting} room={room} atOnce={atOnce} onClose={leave} />;
  return <Stage meeting={meeting} state={state} onLeave={leave} />;
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select, [role="textbox"], [role="combobox"]'));
}

/** M for the microphone and V for the camera, unless one is writing or has switched it off. */
function useShortcuts(meeting: Meeting, on: boolean): void {
  useEffect(() => {
    if (!on) return undefined;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target) || !loadChoice().keys) return;
      const key = event.key.toLowerCase();
      const { mic, cam } = meeting.state.get();
      if (key === 'm') void meeting.setMic(mic !== 'on');
      else if (key === 'v') void meeting.setCam(cam !== 'on');
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('keydown', press);
    };
  }, [meeting, on]);
}
