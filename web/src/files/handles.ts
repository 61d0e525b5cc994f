/** Files with their handle, where the browser gives one: a handle finds the file again after a reload. */

/** What TypeScript's DOM types do not have (File System Access, WICG). */
interface Permission {
  queryPermission?(how: { mode: 'read' }): Promise<PermissionState>;
  requestPermission?(how: { mode: 'read' }): Promise<PermissionState>;
}

interface Pickers {
  showOpenFilePicker?(how: { multiple: boolean }): Promise<FileSystemFileHandle[]>;
  showSaveFilePicker?(how: { suggestedName: string }): Promise<FileSystemFileHandle>;
}

interface DroppedItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** A file that somebody chose. */
export interface Chosen {
  readonly file: File;
  readonly handle: FileSystemFileHandle | null;
}

/** Whether the file may be read now. `ask` needs a press of a button just before. */
export async function readable(handle: FileSystemFileHandle, ask: boolean): Promise<boolean> {
  const asked = handle as Permission;
  const how = { mode: 'read' } as const;
  if (asked.queryPermission === undefined || (await asked.queryPermission(how)) === 'granted') return true;
  return ask && (await asked.requestPermission?.(how)) === 'granted';
}

/** Opens the browser's picker; `null`: it has none of this kind. */
export async function pickFiles(): Promise<Chosen[] | null> {
  const pickers = window as Pickers;
  if (pickers.showOpenFilePicker === undefined) return null;
  let handles: FileSystemFileHandle[];
  try {
    handles = await pickers.showOpenFilePicker({ multiple: true });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return [];
    throw error;
  }
  return Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), handle })));
}

/** Asks where to save; `null`: the browser cannot ask, `undefined`: the person changed their mind. Needs a press of a button just before. */
export async function pickPlace(name: string): Promise<FileSystemFileHandle | null | undefined> {
  const pickers = window as Pickers;
  if (pickers.showSaveFilePicker === undefined) return null;
  try {
    return await pickers.showSaveFilePicker({ suggestedName: name });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}

/** The files of a paste or a drop, and whether there were folders. Call it in the event: the list is emptied after it. */
export async function droppedFiles(data: DataTransfer): Promise<{ chosen: Chosen[]; folders: boolean }> {
  const items = [...data.items].filter(({ kind }) => kind === 'file');
  const all = items.map((item) => {
    const file = item.getAsFile();
    const folder = item.webkitGetAsEntry()?.isDirectory === true;
    const handle = (item as DroppedItem).getAsFileSystemHandle?.() ?? Promise.resolve(null);
    return { file, folder, handle: handle.catch(() => null) };
  });
  const chosen: Chosen[] = [];
  for (const { file, folder, handle } of all) {
    if (folder || file === null) continue;
    const found = await handle;
    chosen.push({ file, handle: found?.kind === 'file' ? (found as FileSystemFileHandle) : null });
  }
  return { chosen, folders: all.some(({ folder }) => folder) };
}
