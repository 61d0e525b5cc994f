/** Which emoji a person uses and in which skin colour: in memory, for as long as the session. Both say something of the person. */
import type { Session } from '../session/api';
import type { Tone } from './catalogue';

const QUICK = ['👍', '❤️', '😂', '🎉', '😮', '🙏'];
const USUAL = 8;

class Habits {
  private skin: Tone = 0;
  private recent: readonly string[] = [];

  get tone(): Tone {
    return this.skin;
  }

  chooseTone(tone: Tone): void {
    this.skin = tone;
  }

  used(emoji: string): void {
    this.recent = [emoji, ...this.recent.filter((one) => one !== emoji)].slice(0, USUAL);
  }

  /** Six that most people use, and what this person used last. */
  usual(): readonly string[] {
    return [...new Set([...QUICK, ...this.recent])].slice(0, QUICK.length + 2);
  }
}

const bySession = new WeakMap<Session, Habits>();

export function habitsOf(session: Session): Habits {
  let habits = bySession.get(session);
  if (habits === undefined) {
    habits = new Habits();
    bySession.set(session, habits);
  }
  return habits;
}
