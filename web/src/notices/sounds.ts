/** The sounds: a few tones, made here. Each is short, soft at both ends, and the ring repeats until it is stopped. */

/** Hertz, start and length in seconds. */
type Tone = readonly [hertz: number, at: number, length: number];

const MESSAGE: readonly Tone[] = [[660, 0, 0.12], [880, 0.1, 0.18]];
const RING: readonly Tone[] = [[523, 0, 0.35], [659, 0.3, 0.35], [784, 0.6, 0.5], [523, 1.3, 0.35], [659, 1.6, 0.35], [784, 1.9, 0.5]];
/** What the caller hears meanwhile. */
const WAITING: readonly Tone[] = [[425, 0, 1]];
const RING_EVERY_MS = 3_500;
const WAITING_EVERY_MS = 5_000;
const LOUD = 0.12;
/** A message's sound is not made more often than this. */
const GAP_MS = 2_000;

let context: AudioContext | null = null;
let lastMessage = -GAP_MS;
async function play(tones: readonly Tone[]): Promise<void> {
  context ??= new AudioContext();
  // Browsers let a page sound only after somebody has used it; without that the notice has to do.
  if (context.state !== 'running') await context.resume().catch(() => undefined);
  if (context.state !== 'running') return;
  const now = context.currentTime + 0.02;
  for (const [hertz, at, length] of tones) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = 'sine';
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0, now + at);
    volume.gain.linearRampToValueAtTime(LOUD, now + at + 0.02);
    volume.gain.linearRampToValueAtTime(0, now + at + length);
    tone.connect(volume).connect(context.destination);
    tone.start(now + at);
    tone.stop(now + at + length);
  }
}

export function soundMessage(): void {
  if (performance.now() - lastMessage < GAP_MS) return;
  lastMessage = performance.now();
  void play(MESSAGE);
}

/** Rings until the returned function is called: somebody calls (`ring`), or one waits for an answer. */
export function soundRing(what: 'ring' | 'waiting'): () => void {
  const [tones, every] = what === 'ring' ? [RING, RING_EVERY_MS] : [WAITING, WAITING_EVERY_MS];
  void play(tones);
  const timer = setInterval(() => void play(tones), every);
  return () => {
    clearInterval(timer);
    // What sounds now stops at once.
    void context?.close().catch(() => undefined);
    context = null;
  };
}
