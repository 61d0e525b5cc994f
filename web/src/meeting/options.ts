/** How LiveKit is used: VP8 with simulcast and Opus, nothing that our worker would drop (rule 8; docs/media.md R1). */
import {
  AudioPresets,
  type AudioCaptureOptions,
  type BaseE2EEManager,
  type ReconnectContext,
  type RoomOptions,
  type VideoCaptureOptions,
  VideoPresets,
} from 'livekit-client';
import { loadChoice } from './devices.ts';

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 1_200;
const MENDING_MS = 20_000;

/** The picture that this machine can encode in three sizes while it decodes others. */
function resolution() {
  const cores = navigator.hardwareConcurrency;
  if (cores <= 2) return VideoPresets.h360.resolution;
  return cores <= 4 ? VideoPresets.h540.resolution : VideoPresets.h720.resolution;
}

export function cameraOptions(): VideoCaptureOptions {
  const { camId } = loadChoice();
  return { resolution: resolution(), ...(camId === '' ? {} : { deviceId: camId }) };
}

export function microphoneOptions(): AudioCaptureOptions {
  const { micId } = loadChoice();
  return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(micId === '' ? {} : { deviceId: micId }) };
}

/** When LiveKit's client tries by itself to mend a broken connection; `null`: no more, `Meeting` asks relay for a new way in. */
function retryDelay({ retryCount, elapsedMs }: ReconnectContext): number | null {
  if (elapsedMs > MENDING_MS) return null;
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** retryCount) * (0.2 + 0.8 * Math.random());
}

export function roomOptions(e2eeManager: BaseE2EEManager): RoomOptions {
  const { speakerId } = loadChoice();
  return {
    encryption: { e2eeManager },
    adaptiveStream: { pixelDensity: 'screen' },
    dynacast: true,
    // Tracks outlive a connection: `Meeting` takes them along into the next, and stops them.
    stopLocalTrackOnUnpublish: false,
    reconnectPolicy: { nextRetryDelayInMs: retryDelay },
    audioCaptureDefaults: microphoneOptions(),
    videoCaptureDefaults: cameraOptions(),
    ...(speakerId === '' ? {} : { audioOutput: { deviceId: speakerId } }),
    publishDefaults: {
      videoCodec: 'vp8',
      backupCodec: false,
      simulcast: true,
      red: false,
      dtx: false,
      // Muting keeps the track (it comes back at once); stopping the camera really stops it.
      stopMicTrackOnMute: false,
      audioPreset: AudioPresets.speech,
    },
  };
}
