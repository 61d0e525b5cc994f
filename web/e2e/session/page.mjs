/** Builds a test page and serves it to a browser without any server: requests of one origin are answered from memory. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { js: 'text/javascript', html: 'text/html', css: 'text/css', json: 'application/json' };
/** The part of the product's policy that this code must live with. */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*; " +
  "require-trusted-types-for 'script'; trusted-types samrum";

/** The files of a page whose script is `entry` (a name in this folder), as `{ '/at/name': text }`. */
export async function pageFiles(entry) {
  const made = await build({
    root: HERE,
    base: '/at/',
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'chrome125', modulePreload: false, rolldownOptions: { input: `${HERE}${entry}` } },
    worker: { format: 'es' },
  });
  const files = new Map(made.output.map((one) => [`/at/${one.fileName}`, one.code ?? one.source]));
  const script = made.output.find((one) => one.isEntry);
  files.set('/at/', `<!doctype html><title>test</title><script type="module" src="/at/${script.fileName}"></script>`);
  return files;
}

/** Answers `origin`/at/… in `context` from `files`; everything else goes where it went. */
export async function serve(context, origin, files) {
  await context.route(`${origin}/at/**`, (route) => {
    const path = new URL(route.request().url()).pathname;
    const body = files.get(path);
    if (body === undefined) return route.fulfill({ status: 404 });
    const type = TYPES[path.split('.').at(-1)] ?? TYPES.html;
    return route.fulfill({
      body: typeof body === 'string' ? body : Buffer.from(body),
      headers: { 'Content-Type': `${type}; charset=utf-8`, 'Content-Security-Policy': POLICY },
    });
  });
}
