/**
 * The page's one Trusted Types policy, `samrum`: it makes script URLs for our own workers and for nothing else.
 *
 * The addresses come from the build (content-hashed, our own origin), so what is accepted is exactly the build's manifest. The
 * service worker alone has a fixed address: the browser asks there for its newest version.
 */
import pdfUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?worker&url';

import filesUrl from '../files/files.worker.ts?worker&url';
import keysUrl from '../keys/keys.worker.ts?worker&url';
import mediaUrl from '../meeting/media.worker.ts?worker&url';

const WORKERS = { files: filesUrl, keys: keysUrl, media: mediaUrl, pdf: pdfUrl } as const;
/** Below the root, so that it may serve every page (vite.config.ts names it). */
const SERVICE_WORKER = '/sw.js';

interface Policy {
  createScriptURL(url: string): unknown;
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): Policy;
}

function accept(url: string): string {
  if (url === SERVICE_WORKER || Object.values<string>(WORKERS).includes(url)) return url;
  throw new TypeError('not a worker of this build');
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy: Policy = factory?.createPolicy('samrum', { createScriptURL: accept }) ?? { createScriptURL: accept };

/** Starts one of our workers. */
export function startWorker(name: keyof typeof WORKERS): Worker {
  // TypeScript's DOM types know no TrustedScriptURL.
  return new Worker(policy.createScriptURL(WORKERS[name]) as string, { type: 'module', name });
}

/** Starts the service worker, or asks for its newest version. */
export function registerServiceWorker(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(policy.createScriptURL(SERVICE_WORKER) as string, { updateViaCache: 'none' });
}
