/**
 * Before a meeting: proof that this browser lets no frame past an end without a transform (docs/media.md R2).
 *
 * Two connections in this page, with the flag `encodedInsertableStreams` and no transforms, carry a moving picture. The encoder
 * must produce frames (else nothing was tested) and not one may leave or be decoded.
 */

/** Encoded frames after which the silence on the other side means something. */
const ENOUGH = 3;
const POLL_MS = 30;
const DEADLINE_MS = 6000;

export type SelfTest =
  | 'safe'
  | 'unsupported' // the browser lacks RTCRtpScriptTransform or the flag
  | 'leaks' // frames passed without a transform
  | 'no_answer'; // the test connection did not come up in time

let result: Promise<SelfTest> | undefined;

/** Runs once per page, since the browser does not change under it; a run that did not come up may be repeated. */
export function selfTest(): Promise<SelfTest> {
  result ??= run().then((value) => {
    if (value === 'no_answer') result = undefined;
    return value;
  });
  return result;
}

async function run(): Promise<SelfTest> {
  if (typeof RTCRtpScriptTransform === 'undefined') return 'unsupported';
  const configuration = { encodedInsertableStreams: true } as RTCConfiguration;
  const from = new RTCPeerConnection(configuration);
  const to = new RTCPeerConnection(configuration);
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 64;
  const pen = canvas.getContext('2d');
  const stream = canvas.captureStream(30);
  let shade = 0;
  const paint = setInterval(() => {
    shade = (shade + 40) % 256;
    if (pen !== null) {
      pen.fillStyle = `rgb(${String(shade)}, 0, 0)`;
      pen.fillRect(0, 0, 64, 64);
    }
  }, POLL_MS);
  try {
    if ((from.getConfiguration() as { encodedInsertableStreams?: boolean }).encodedInsertableStreams !== true) return 'unsupported';
    from.addEventListener('icecandidate', (event) => void to.addIceCandidate(event.candidate ?? undefined).catch(() => undefined));
    to.addEventListener('icecandidate', (event) => void from.addIceCandidate(event.candidate ?? undefined).catch(() => undefined));
    for (const track of stream.getTracks()) from.addTrack(track, stream);
    await from.setLocalDescription();
    await to.setRemoteDescription(from.localDescription ?? { type: 'offer', sdp: '' });
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription ?? { type: 'answer', sdp: '' });
    const deadline = performance.now() + DEADLINE_MS;
    while (performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const [sent, got] = await Promise.all([totals(from, 'outbound-rtp'), totals(to, 'inbound-rtp')]);
      if (got.framesDecoded > 0 || got.packetsReceived > 0 || sent.packetsSent > 0) return 'leaks';
      if (sent.framesEncoded >= ENOUGH) return 'safe';
    }
    return 'no_answer';
  } finally {
    clearInterval(paint);
    for (const track of stream.getTracks()) track.stop();
    from.close();
    to.close();
  }
}

const COUNTED = ['framesEncoded', 'framesDecoded', 'packetsSent', 'packetsReceived'] as const;

async function totals(pc: RTCPeerConnection, type: string): Promise<Record<(typeof COUNTED)[number], number>> {
  const sums = { framesEncoded: 0, framesDecoded: 0, packetsSent: 0, packetsReceived: 0 };
  for (const entry of (await pc.getStats()).values() as Iterable<Record<string, unknown>>) {
    if (entry['type'] !== type) continue;
    for (const name of COUNTED) if (typeof entry[name] === 'number') sums[name] += entry[name];
  }
  return sums;
}
