/**
 * Telling a person of what comes while they look elsewhere: one tab of the device shows the desktop notice, and one that may sound makes
 * the sound. A tab may sound only after somebody has used it, so the two need not be the same.
 */
import type { Message, Person, Readable, Room, RoomId, Session } from '../session/api';
import { Lead } from '../session/lead';
import { Signal } from '../session/signal';
import { worth } from './decide';
import * as desktop from './desktop';
import { soundMessage } from './sounds';
import { Views } from './views';
import { wantedOf } from './wanted';

const MAX_TEXT = 140;

/** What a notice says, in the person's language. */
export interface Words {
  title(author: Person, room: Room): string;
  /** `text`: empty where the notice may not show it, or there is none. */
  body(message: Message, text: string): string;
  /** Title of a call's notice. */
  calls(author: Person, room: Room): string;
  readonly lang: string;
  readonly showsText: boolean;
}

/** The beginning of a text in one line, never cut within a character. */
function beginning(text: string): string {
  const line = text.slice(0, MAX_TEXT * 4).replace(/\s+/g, ' ').trim();
  return Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment).slice(0, MAX_TEXT).join('');
}

export class Notices {
  /** This tab is the one that sounds. */
  readonly sounds: Readable<boolean>;
  private readonly mayWake = new Signal(false);
  private readonly views: Views;
  private readonly shows: Lead;
  private readonly sounding: Lead;
  private leads = false;
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly session: Session,
    private readonly words: () => Words,
    /** Whether the person is in a meeting, on whichever device. */
    private readonly inMeeting: () => boolean,
  ) {
    this.sounds = this.mayWake;
    this.views = new Views(session.dev);
    this.shows = new Lead(`samrum.notices.${session.dev}`, (leads) => {
      this.leads = leads;
    });
    this.sounding = new Lead(`samrum.sound.${session.dev}`, (leads) => {
      this.mayWake.set(leads);
    });
    void this.shows.start();
    this.soundOnceUsed();
    this.ends.push(
      session.events.onMessage((message, room, live) => {
        if (live) this.came(message, room);
      }),
      session.rooms.subscribe(() => {
        this.closeRead();
      }),
    );
  }

  /** What this tab shows now. */
  show(room: RoomId | null): void {
    this.views.show(room);
  }

  /** A call's notice, until {@link desktop.close}. */
  calls(author: Person, room: Room): void {
    if (!this.leads || !this.session.settings.own.get().desktop) return;
    const words = this.words();
    void desktop.show({ room: room.id, title: words.calls(author, room), body: '', lang: words.lang, stays: true });
  }

  close(): void {
    for (const end of this.ends) end();
    this.shows.end();
    this.sounding.end();
    this.views.close();
  }

  private came(message: Message, room: Room): void {
    const situation = { settings: this.session.settings.own.get(), now: Date.now(), inView: this.views.inView(), inMeeting: this.inMeeting() };
    const { notice, sound } = worth(message, room, situation);
    if (sound && this.mayWake.get()) soundMessage();
    if (!notice || !this.leads) return;
    if (desktop.permission() === 'default') wantedOf(this.session).set(true);
    const words = this.words();
    const text = words.showsText ? beginning(message.text) : '';
    void desktop.show({ room: room.id, title: words.title(message.author, room), body: words.body(message, text), lang: words.lang });
  }

  /** What was read somewhere needs no notice any more. */
  private closeRead(): void {
    if (!this.leads || desktop.permission() !== 'granted') return;
    const unread = new Set(this.session.rooms.get().flatMap(({ id, unread: count }) => (count > 0 ? [id] : [])));
    void desktop.close((room) => !unread.has(room));
  }

  private soundOnceUsed(): void {
    const start = (): void => {
      removeEventListener('pointerdown', start);
      removeEventListener('keydown', start);
      void this.sounding.start();
    };
    if (navigator.userActivation.hasBeenActive) start();
    else {
      addEventListener('pointerdown', start);
      addEventListener('keydown', start);
      this.ends.push(() => {
        removeEventListener('pointerdown', start);
        removeEventListener('keydown', start);
      });
    }
  }
}
