/** A livekit-client as it comes, without any key: what an operator who listens would run. */
import { Room, RoomEvent } from 'livekit-client';

async function listen(url: string, token: string): Promise<void> {
  const room = new Room({ adaptiveStream: false, dynacast: false });
  room.on(RoomEvent.TrackSubscribed, (track) => {
    document.body.append(track.attach());
  });
  await room.connect(url, token);
}

async function speak(url: string, token: string): Promise<void> {
  const room = new Room();
  await room.connect(url, token);
  await room.localParticipant.enableCameraAndMicrophone();
  Object.assign(window, { say: (text: string) => room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true }) });
}

Object.assign(window, { listen, speak });
