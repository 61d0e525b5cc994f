/** How LiveKit is used: VP8 with simulcast and Opus, nothing that our worker would drop (rule 8; docs/media.md R1). */
import {
  AudioPresets,
  type AudioCaptureOptions,
  type BaseE2EEManager,
  type RoomOptions,
  type VideoCaptureOptions,
  VideoPresets,
} from 'livekit-client';
import { loadChoice } from './devices.ts';

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

export function roomOptions(e2eeManager: BaseE2EEManager): RoomOptions {
  const { speakerId } = loadChoice();
  return {
    encryption: { e2eeManager },
    adaptiveStream: { pixelDensity: 'screen' },
    dynacast: true,
    stopLocalTrackOnUnpublish: true,
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
