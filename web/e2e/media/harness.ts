/** The meeting's engine without screens: tiles become bare media elements, and the test calls what buttons would. */
import { createLocalAudioTrack, createLocalVideoTrack } from 'livekit-client';
import { Meeting } from '../../src/meeting/meeting.ts';
import { cameraOptions, microphoneOptions } from '../../src/meeting/options.ts';
import { TestAccess } from './access.ts';

const access = new TestAccess();
const meeting = new Meeting(access);
const shown = new Map<string, { readonly sid: string | undefined; readonly element: HTMLMediaElement }>();

meeting.state.subscribe(() => {
  const wanted = new Map<string, { attach(): HTMLMediaElement; readonly sid?: string | undefined }>();
  for (const tile of meeting.state.get().tiles) {
    if (tile.video !== null) wanted.set(`${tile.key}/video`, tile.video);
    if (tile.audio !== null) wanted.set(`${tile.key}/audio`, tile.audio);
  }
  for (const [name, { sid, element }] of shown) {
    if (wanted.get(name)?.sid === sid) continue;
    element.remove();
    shown.delete(name);
  }
  for (const [name, track] of wanted) {
    if (shown.has(name)) continue;
    const element = track.attach();
    element.dataset['name'] = name;
    document.body.append(element);
    shown.set(name, { sid: track.sid, element });
  }
});

async function join(mic: boolean, cam: boolean): Promise<void> {
  const tracks = await Promise.all([
    mic ? createLocalAudioTrack(microphoneOptions()) : null,
    cam ? createLocalVideoTrack(cameraOptions()) : null,
  ]);
  await meeting.join(tracks[0], tracks[1]);
}

Object.assign(window, { harness: { access, meeting, join } });
