/** How long sound and film are, as the browser reads them. */
const PATIENCE_MS = 3_000;

/** Whole seconds, or `null`: it does not say, or the browser does not know the form. */
export async function secondsOf(file: Blob, kind: 'audio' | 'video'): Promise<number | null> {
  const url = URL.createObjectURL(file);
  const player = document.createElement(kind);
  try {
    return await new Promise<number | null>((resolve) => {
      const done = (): void => {
        resolve(Number.isFinite(player.duration) ? Math.round(player.duration) : null);
      };
      player.addEventListener('loadedmetadata', done);
      player.addEventListener('error', done);
      setTimeout(done, PATIENCE_MS);
      player.preload = 'metadata';
      player.src = url;
    });
  } finally {
    player.removeAttribute('src');
    URL.revokeObjectURL(url);
  }
}
