/** Which tab of a device leads: the one that holds its Web Lock. */
export class Lead {
  private release: (() => void) | null = null;
  private queued: AbortController | null = null;
  private taking = false;
  private ended = false;

  /** `changed(true)` when this tab comes to lead, `changed(false)` when it does not (any more). */
  constructor(
    private readonly name: string,
    private readonly changed: (leads: boolean) => void,
  ) {}

  /** Leads at once if nobody does; otherwise says so and waits for its turn. */
  async start(): Promise<void> {
    const free = await new Promise<boolean>((resolve) => {
      void navigator.locks.request(this.name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : this.hold();
      }).catch(() => {
        this.lost();
      });
    });
    if (!free) {
      this.changed(false);
      this.queue();
    }
  }

  /** Takes the lead from another tab. */
  take(): void {
    if (this.release !== null || this.taking || this.ended) return;
    this.taking = true;
    this.queued?.abort();
    this.queued = null;
    navigator.locks.request(this.name, { steal: true }, () => this.hold()).catch(() => {
      this.lost();
    });
  }

  end(): void {
    this.ended = true;
    this.queued?.abort();
    this.release?.();
  }

  private queue(): void {
    if (this.ended) return;
    this.queued = new AbortController();
    navigator.locks.request(this.name, { signal: this.queued.signal }, () => this.hold()).catch((error: unknown) => {
      // Stolen after it was held; an abort of the waiting itself is our own doing.
      if (this.release !== null) this.lost();
      else if (!(error instanceof DOMException && error.name === 'AbortError')) this.changed(false);
    });
  }

  private hold(): Promise<void> {
    this.queued = null;
    this.taking = false;
    if (this.ended) return Promise.resolve();
    this.changed(true);
    return new Promise((resolve) => {
      this.release = () => {
        this.release = null;
        resolve();
      };
    });
  }

  private lost(): void {
    this.release = null;
    this.taking = false;
    if (this.ended) return;
    this.changed(false);
    this.queue();
  }
}
