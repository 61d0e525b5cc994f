/** Cameras and microphones: what this person chose on this device, what goes wrong with them, and how loud it is. */

/** Why a camera, microphone or screen could not be used; each has its sentence in the catalogues. */
export type DeviceTrouble = 'denied' | 'none_found' | 'busy' | 'failed';

/** What the error of `getUserMedia` or `getDisplayMedia` means for the person. */
export function deviceTrouble(error: unknown): DeviceTrouble {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none_found';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

/** What is remembered on this device: which devices, and whether they were on. Nothing of persons. */
export interface Choice {
  readonly mic: boolean;
  readonly cam: boolean;
  readonly micId: string;
  readonly camId: string;
  readonly speakerId: string;
  /** M and V work as keys in a meeting. */
  readonly keys: boolean;
}

const PLACE = 'samrum.meeting.devices';
const NOTHING: Choice = { mic: false, cam: false, micId: '', camId: '', speakerId: '', keys: true };

export function loadChoice(): Choice {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return NOTHING;
    const one = kept as Record<string, unknown>;
    const text = (name: string): string => (typeof one[name] === 'string' ? one[name] : '');
    return {
      mic: one['mic'] === true,
      cam: one['cam'] === true,
      micId: text('micId'),
      camId: text('camId'),
      speakerId: text('speakerId'),
      keys: one['keys'] !== false,
    };
  } catch {
    return NOTHING; // Storage is off or was edited: start from nothing chosen.
  }
}

export function keepChoice(choice: Choice): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(choice));
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}

const POLL_MS = 100;

/** Follows how loud an audio track is, 0 to 1, ten times a second. Returns what ends it. */
export function followLevel(track: MediaStreamTrack, heard: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    // Speech has a root mean square of about 0.05 to 0.2; the square root makes quiet speech visible.
    heard(Math.min(1, Math.sqrt(Math.sqrt(sum / samples.length) * 4)));
  }, POLL_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
