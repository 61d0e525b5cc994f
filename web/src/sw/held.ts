/** What the service worker says of the build that it holds. */
export interface Held {
  readonly digest: string;
  /** Paths, without leading slash. */
  readonly files: readonly string[];
}
