/**
 * What the tabs of this device show: so that nothing is told of a room that is in front of the person in another tab.
 *
 * Each tab says it when it changes and when it is asked; one that has said nothing for a while is taken for gone.
 */
import type { Dev, RoomId } from '../session/api';

const SAY_MS = 4_000;
const GONE_MS = 10_000;

interface View {
  readonly tab: string;
  /** The room that is shown, if its tab is in front and has the focus. */
  readonly room: RoomId | null;
}

function viewOf(data: unknown): View | 'ask' | null {
  if (data === 'ask') return data;
  if (typeof data !== 'object' || data === null) return null;
  const { tab, room } = data as { tab?: unknown; room?: unknown };
  return typeof tab === 'string' && tab.length < 100 && (room === null || typeof room === 'string') ? { tab, room: room as RoomId | null } : null;
}

export class Views {
  private readonly channel: BroadcastChannel;
  private readonly others = new Map<string, View & { readonly at: number }>();
  private readonly tab = crypto.randomUUID();
  private readonly timer: ReturnType<typeof setInterval>;
  private room: RoomId | null = null;

  constructor(dev: Dev) {
    this.channel = new BroadcastChannel(`samrum.view.${dev}`);
    this.channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const view = viewOf(data);
      if (view === 'ask') this.say();
      else if (view !== null) this.others.set(view.tab, { ...view, at: Date.now() });
    };
    this.channel.postMessage('ask');
    document.addEventListener('visibilitychange', this.say);
    addEventListener('focus', this.say);
    addEventListener('blur', this.say);
    this.timer = setInterval(this.say, SAY_MS);
  }

  /** This tab shows that room (`null`: none). */
  show(room: RoomId | null): void {
    this.room = room;
    this.say();
  }

  /** The rooms that are in front of the person. */
  inView(): ReadonlySet<RoomId> {
    const rooms = [...this.others.values()].filter(({ at }) => Date.now() - at < GONE_MS).map(({ room }) => room);
    return new Set([this.shown(), ...rooms].filter((room) => room !== null));
  }

  close(): void {
    clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.say);
    removeEventListener('focus', this.say);
    removeEventListener('blur', this.say);
    this.room = null;
    this.say();
    this.channel.close();
  }

  private readonly say = (): void => {
    this.channel.postMessage({ tab: this.tab, room: this.shown() } satisfies View);
  };

  private shown(): RoomId | null {
    return document.visibilityState === 'visible' && document.hasFocus() ? this.room : null;
  }
}
