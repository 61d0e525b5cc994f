/** What the service worker says of the build that it holds. */
export interface Held {
  readonly digest: string;
  /** Paths, without leading slash. */
  readonly files: readonly string[];
}

/** A file that a page has open under an address of the service worker's. */
export interface FileInfo {
  /** Bytes. */
  readonly size: number;
  readonly type: string;
  /** Saved under this name; without one it is played. */
  readonly name?: string;
}

/** The service worker asks every page of a person: whose file is it? A port comes along. */
export interface FileAsk {
  readonly token: string;
}

/** What the page says through the port: first what the file is (`null`: not its own), then after each `next` bytes, or how it ended. */
export type FileAnswer = FileInfo | null | Uint8Array<ArrayBuffer> | 'end' | 'broken';
