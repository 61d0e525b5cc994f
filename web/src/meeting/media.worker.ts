/**
 * The media worker: every encoded frame of a meeting passes here, or nowhere.
 *
 * The page sets an `RTCRtpScriptTransform` on each sender and receiver; each becomes one pipe through a {@link Sealer} or an
 * {@link Opener}. A frame is enqueued only after it was sealed or opened; everything else, any exception included, is a drop and
 * a count. One worker serves one join: its join id is drawn once, so no two joins share a nonce.
 */
import { DROPS, type Drop, Keyring, Opener, Sealer } from './frames.ts';
import type { Counts, FromWorker, ToWorker, TransformOptions } from './messages.ts';

/** A run of drops this long, in ms and in frames, without one frame that opened: the track counts as one that does not open. */
const NOT_OPENING_MS = 3000;
const NOT_OPENING_FRAMES = 10;
/** Key frames are asked for at most this often per track, and a missing secret is reported at most this often, in ms. */
const ASK_MS = 1000;
/**
 * So long after a track's first frame a key frame is asked for once more. In about one join of fifteen Chromium 156 loses a frame
 * while a receiver's transform takes over; nothing drops here, the decoder waits, and asks by itself only after 3 s.
 */
const SETTLE_MS = 250;

type Frame = RTCEncodedVideoFrame | RTCEncodedAudioFrame;

const zero = (): Record<Drop, number> => Object.fromEntries(DROPS.map((reason) => [reason, 0])) as Record<Drop, number>;
const counts = { sealed: 0, opened: 0, sendDrops: zero(), receiveDrops: zero() };

let ring: Keyring | null = null;
let sealer: Sealer | null = null;
const missingAt = new Map<number, number>();
const seenTags = new Set<number>();

function tell(message: FromWorker): void {
  postMessage(message);
}

function mimeOf(frame: Frame): string | undefined {
  return (frame.getMetadata() as { mimeType?: string }).mimeType;
}

/** A pipe whose only way out is `work` giving bytes. */
function pipe(
  transformer: RTCRtpScriptTransformer,
  work: (frame: Frame) => Promise<ArrayBuffer | Drop>,
  done: (result: Drop | null) => void,
): void {
  const step = new TransformStream<Frame, Frame>({
    async transform(frame, controller) {
      let result: ArrayBuffer | Drop;
      try {
        result = await work(frame);
      } catch {
        result = 'error';
      }
      if (typeof result === 'string') {
        done(result);
        return;
      }
      frame.data = result;
      controller.enqueue(frame);
      done(null);
    },
  });
  // The pipe ends with an error when the track gets a new transform or goes: nothing is lost, nothing passes.
  transformer.readable
    .pipeThrough(step)
    .pipeTo(transformer.writable as WritableStream<Frame>)
    .catch(() => undefined);
}

function send(transformer: RTCRtpScriptTransformer): void {
  pipe(
    transformer,
    async (frame) => (sealer === null ? 'no_key' : sealer.seal(mimeOf(frame), frame.data)),
    (drop) => {
      if (drop === null) counts.sealed += 1;
      else counts.sendDrops[drop] += 1;
    },
  );
}

function receive(transformer: RTCRtpScriptTransformer, options: Extract<TransformOptions, { side: 'receive' }>): void {
  const opener = new Opener(options.sender, missing, seen);
  let opens: boolean | null = null;
  let run = { since: 0, drops: 0 };
  let wantsKeyFrame = false;
  let askedAt = -ASK_MS;
  let settlesAt: number | null = null;
  const say = (value: boolean): void => {
    if (opens === value) return;
    opens = value;
    tell({ kind: 'track', track: options.track, opens: value });
  };
  pipe(
    transformer,
    async (frame) => (ring === null ? 'no_key' : opener.open(ring, mimeOf(frame), frame.data, performance.now())),
    (drop) => {
      const now = performance.now();
      if (drop !== null) {
        counts.receiveDrops[drop] += 1;
        wantsKeyFrame = true;
        if (run.drops === 0) run.since = now;
        run.drops += 1;
        if (now - run.since >= NOT_OPENING_MS && run.drops >= NOT_OPENING_FRAMES) say(false);
        return;
      }
      counts.opened += 1;
      run = { since: 0, drops: 0 };
      say(true);
      settlesAt ??= now + SETTLE_MS;
      if (now >= settlesAt) {
        settlesAt = Infinity;
        wantsKeyFrame = true;
      }
      // The decoder lost frames: without a key frame the picture would stand still. What was asked for too often is asked for later.
      if (!wantsKeyFrame || now - askedAt < ASK_MS) return;
      wantsKeyFrame = false;
      askedAt = now;
      transformer.sendKeyFrameRequest().catch(() => undefined);
    },
  );
}

function missing(tag: number): void {
  const now = performance.now();
  if (now - (missingAt.get(tag) ?? -ASK_MS) < ASK_MS) return;
  // Tags come from the network: forget rather than grow.
  if (missingAt.size > 64) missingAt.clear();
  missingAt.set(tag, now);
  tell({ kind: 'missing', tag });
}

function seen(tag: number): void {
  if (seenTags.has(tag)) return;
  seenTags.add(tag);
  tell({ kind: 'seen', tag });
}

addEventListener('rtctransform', (event) => {
  const { transformer } = event;
  const options = transformer.options as TransformOptions;
  if (options.side === 'send') send(transformer);
  else receive(transformer, options);
});

addEventListener('message', (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.kind) {
    case 'setup':
      ring = new Keyring(message.meeting);
      sealer = new Sealer(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0, message.me);
      break;
    case 'base':
      ring?.put(message.period, message.base);
      break;
    case 'send': {
      const { period } = message;
      if (ring === null || sealer === null) break;
      sealer.use(ring, period).then(
        (used) => {
          if (used) tell({ kind: 'sending', period });
        },
        () => undefined,
      );
      break;
    }
    case 'drop':
      ring?.drop(message.period);
      break;
    case 'count':
      tell({ kind: 'counts', re: message.re, counts: structuredClone(counts) satisfies Counts });
      break;
  }
});
