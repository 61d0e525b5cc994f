/**
 * What the media tests stand on: the harness built and served under the product's policy, a LiveKit of their own on loopback,
 * tokens, and one Chromium with fake devices whose peer connections can be counted.
 */
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const WEB = fileURLToPath(new URL('../..', import.meta.url));
const LIVEKIT = fileURLToPath(new URL('../../../build/livekit-server', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is not `undefined`/`false`; what was last seen is in the error. */
export async function until(what, ask, { ms = 15_000, every = 100 } = {}) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false && found !== null) return found;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await wait(every);
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** A random id in text form. */
export function newId(prefix) {
  let bits = '';
  for (const byte of randomBytes(16)) bits += byte.toString(2).padStart(8, '0');
  const text = bits.padEnd(130, '0').match(/.{5}/g).map((five) => LETTERS[parseInt(five, 2)]);
  return `${prefix}_${text.join('')}`;
}

function b64(value) {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token of LiveKit's (HS256 JWT) for 60 s. */
function jwt({ key, secret }, claims) {
  const now = Math.floor(Date.now() / 1000);
  const body = `${b64({ alg: 'HS256', typ: 'JWT' })}.${b64({ iss: key, nbf: now - 5, exp: now + 60, ...claims })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** A LiveKit access token: one room, no name. */
export function token(keys, room, identity) {
  return jwt(keys, { sub: identity, video: { roomJoin: true, room, canPublish: true, canSubscribe: true, canPublishData: true } });
}

/** Ports that nobody uses: for signalling (TCP) and for media (UDP). */
async function freePorts() {
  const signal = createServer().listen(0, '127.0.0.1');
  const media = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(signal, 'listening'), once(media, 'listening')]);
  const ports = { signal: signal.address().port, media: media.address().port };
  await Promise.all([once(signal.close(), 'close'), once(media.close(), 'close')]);
  return ports;
}

/** Starts LiveKit on loopback in a folder of its own. */
export async function startLiveKit() {
  const ports = await freePorts();
  const folder = await mkdtemp(join(tmpdir(), 'samrum-media-'));
  const keys = { key: 'samrum', secret: randomBytes(32).toString('base64url') };
  await writeFile(join(folder, 'keys.yaml'), `${keys.key}: ${keys.secret}\n`, { mode: 0o600 });
  const config = {
    port: ports.signal,
    bind_addresses: ['127.0.0.1'],
    key_file: join(folder, 'keys.yaml'),
    rtc: {
      udp_port: ports.media,
      tcp_port: 0,
      node_ip: '127.0.0.1',
      use_external_ip: false,
      enable_loopback_candidate: true,
      interfaces: { includes: ['lo'] },
    },
    logging: { level: 'warn' },
  };
  await writeFile(join(folder, 'livekit.yaml'), JSON.stringify(config));
  const server = spawn(LIVEKIT, ['--config', join(folder, 'livekit.yaml')], { stdio: 'ignore' });
  const url = `ws://127.0.0.1:${ports.signal}`;
  await until('LiveKit answers', () => fetch(url.replace('ws', 'http')).then((reply) => reply.ok, () => false));
  return {
    url,
    keys,
    /** Puts a participant out, as relay does. */
    async evict(room, identity) {
      const reply = await fetch(`${url.replace('ws', 'http')}/twirp/livekit.RoomService/RemoveParticipant`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${jwt(keys, { video: { roomAdmin: true, room } })}` },
        body: JSON.stringify({ room, identity }),
      });
      if (!reply.ok) throw new Error(`LiveKit answers ${reply.status}`);
    },
    async stop() {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await Promise.race([gone, wait(3000).then(() => server.kill('SIGKILL'))]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Builds the harness pages as the product is built and serves them under the product's policy. */
export async function serveHarness(livekit) {
  const outDir = await mkdtemp(join(tmpdir(), 'samrum-harness-'));
  await build({
    root: HERE,
    publicDir: join(WEB, 'public'),
    configFile: join(WEB, 'vite.config.ts'),
    logLevel: 'error',
    build: {
      outDir,
      emptyOutDir: true,
      rolldownOptions: { input: { panel: join(HERE, 'panel.html'), stock: join(HERE, 'stock.html') } },
    },
  });
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    `connect-src 'self' ${livekit} ${livekit.replace('ws', 'http')}`,
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    'trusted-types samrum',
  ].join('; ');
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
    readFile(join(outDir, path)).then(
      (body) => {
        response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': policy });
        response.end(body);
      },
      () => {
        response.writeHead(path === '/favicon.ico' ? 204 : 404);
        response.end();
      },
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--allow-loopback-in-peer-connection',
      '--auto-accept-this-tab-capture',
    ],
  });
}

/** Lets a page's peer connections be counted: give to `addInitScript`. */
export function countConnections() {
  const made = [];
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...args) {
      super(...args);
      made.push(this);
    }
  };
  window.policyReports = [];
  document.addEventListener('securitypolicyviolation', (event) => window.policyReports.push(event.violatedDirective));
  /** Sums over all connections of the page, in frames, bytes, and joules of sound. */
  const sums = { framesDecoded: 0, audioEnergy: 0, audioBytesIn: 0, videoBytesIn: 0, bytesSent: 0, packetsSent: 0, framesEncoded: 0 };
  const last = new Map();
  // Streams that went keep what they had counted: only growth is added.
  const grow = (id, name, value = 0) => {
    sums[name] += Math.max(0, value - (last.get(id + name) ?? 0));
    last.set(id + name, value);
  };
  window.mediaTotals = async () => {
    const flags = [];
    for (const [at, pc] of made.entries()) {
      if (pc.connectionState === 'closed') continue;
      flags.push(pc.getConfiguration().encodedInsertableStreams === true);
      for (const entry of (await pc.getStats()).values()) {
        const id = `${at}/${entry.id}/`;
        if (entry.type === 'inbound-rtp') {
          grow(id, 'framesDecoded', entry.framesDecoded);
          grow(id, 'audioEnergy', entry.totalAudioEnergy);
          grow(id, entry.kind === 'audio' ? 'audioBytesIn' : 'videoBytesIn', entry.bytesReceived);
        }
        if (entry.type === 'outbound-rtp') for (const name of ['bytesSent', 'packetsSent', 'framesEncoded']) grow(id, name, entry[name]);
      }
    }
    return { ...sums, flags };
  };
}

/** Begins to keep every picture that a page shows, small and grey: give to `page.evaluate`. */
function keepPictures() {
  const [width, height, most] = [32, 18, 600];
  const canvas = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  const watched = new Set();
  window.pictures = [];
  const watch = (video) => {
    watched.add(video);
    const keep = () => {
      canvas.drawImage(video, 0, 0, width, height);
      const { data } = canvas.getImageData(0, 0, width, height);
      const grey = [];
      for (let at = 0; at < data.length; at += 4) grey.push(Math.round(0.3 * data[at] + 0.59 * data[at + 1] + 0.11 * data[at + 2]));
      if (window.pictures.length < most) window.pictures.push(grey);
      video.requestVideoFrameCallback(keep);
    };
    video.requestVideoFrameCallback(keep);
    if (video.videoWidth > 0) keep();
  };
  setInterval(() => {
    for (const video of document.querySelectorAll('video')) if (!watched.has(video)) watch(video);
  }, 50);
}

/** Correlation of two pictures, -1 to 1. */
function correlation(one, other) {
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [a, b] = [mean(one), mean(other)];
  let [both, first, second] = [0, 0, 0];
  for (const [at, value] of one.entries()) {
    both += (value - a) * (other[at] - b);
    first += (value - a) ** 2;
    second += (other[at] - b) ** 2;
  }
  return both / Math.sqrt(first * second || 1);
}

/**
 * What arrived at `page` in `ms`, and in `resemblance` how much the picture most like it resembled one of `sender`'s own.
 *
 * Frames decoded say nothing of what was read: VP8 has no check sum, so behind a clear key-frame header libvpx decodes random bytes
 * too, now and then, as grey noise (docs/decisions/0008). Noise resembles the fake camera's picture by 0.56 at most, its own by 0.9.
 */
export async function reading(page, sender, ms) {
  await Promise.all([page.evaluate(keepPictures), sender.evaluate(keepPictures)]);
  const got = await arriving(page, ms);
  const [seen, shown] = await Promise.all([page, sender].map((one) => one.evaluate(() => window.pictures)));
  if (shown.length === 0) throw new Error('the sender shows no picture of its own');
  let resemblance = 0;
  for (const one of seen) for (const other of shown) resemblance = Math.max(resemblance, correlation(one, other));
  return { ...got, resemblance };
}

/** A picture this much like the sender's own was read. */
export const READ = 0.8;

/** What arrived between now and `ms` later. */
export async function arriving(page, ms = 5000) {
  const before = await page.evaluate(() => window.mediaTotals());
  await wait(ms);
  const after = await page.evaluate(() => window.mediaTotals());
  const change = {};
  for (const name of Object.keys(after)) if (typeof after[name] === 'number') change[name] = after[name] - before[name];
  return { ...change, flags: after.flags };
}
