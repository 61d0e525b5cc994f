/** Names, as home tells them: asked for by pseudonym, kept sealed for at most a day. */
import { codeOf } from '../doors/refusal';
import { textOf, utf8 } from '../wire/bytes';
import type { Pid } from '../wire/ids';
import type { Person as Told } from '../wire/types';
import type { Person } from './api';
import type { Ground } from './ground';
import { soon } from './signal';

const KEPT_MS = 24 * 3600 * 1000;
const SAVE_MS = 2_000;
const PAGE = 500;
/** A timer's longest time is 24.8 days; nothing here is kept for longer than a day anyway. */
const LONGEST_MS = KEPT_MS;

interface Known {
  readonly person: Person;
  /** When what the person says of themself is over, s since 1970. */
  readonly until?: number | null;
  /** When home told it, ms since 1970. */
  readonly at: number;
}

export class People {
  private readonly known = new Map<Pid, Known>();
  private readonly wanted = new Set<Pid>();
  private readonly absent = new Set<Pid>();
  private readonly fetchSoon = soon(() => void this.fetch());
  private saving: ReturnType<typeof setTimeout> | null = null;
  private ending: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly ground: Pick<Ground, 'home' | 'keys' | 'storage' | 'asked'>,
    private readonly changed: () => void,
  ) {}

  /** Names kept from earlier; nothing newer is overwritten. */
  async load(): Promise<void> {
    const sealed = await this.ground.storage.names();
    const plain = sealed && (await this.ground.keys.unlock(sealed));
    if (!plain) return;
    for (const one of JSON.parse(textOf(plain)) as Known[]) {
      if (fresh(one) && !this.known.has(one.person.pid)) this.known.set(one.person.pid, one);
    }
    this.endStatuses();
  }

  learn(people: readonly Told[]): void {
    let news = false;
    for (const { pid, name, department, title, status, status_until: until, integration } of people) {
      this.wanted.delete(pid);
      const old = this.known.get(pid)?.person;
      const same = old?.name === name && old.department === department && old.title === title && (old.status ?? '') === status;
      news ||= !same;
      this.known.set(pid, { person: same ? old : { pid, name, department, title, status, ...(integration && { integration }) }, until, at: Date.now() });
    }
    this.endStatuses();
    if (!news) return;
    this.changed();
    this.saving ??= setTimeout(() => {
      this.saving = null;
      void this.save();
    }, SAVE_MS);
  }

  /** The person; asks home if the name is not known, and says `changed` when it comes. */
  get(pid: Pid): Person {
    const found = this.known.get(pid);
    if (found !== undefined) return found.person;
    if (!this.absent.has(pid)) {
      this.wanted.add(pid);
      this.fetchSoon();
    }
    return { pid, name: null, department: '', title: '' };
  }

  /** Asks again for names that home did not give while it was away. */
  again(): void {
    if (this.wanted.size > 0) this.fetchSoon();
  }

  stop(): void {
    if (this.saving !== null) clearTimeout(this.saving);
    if (this.ending !== null) clearTimeout(this.ending);
  }

  /** Hides what is over, and comes back when the next one ends. */
  private endStatuses(): void {
    if (this.ending !== null) clearTimeout(this.ending);
    this.ending = null;
    let next = Infinity;
    let ended = false;
    for (const [pid, { person, until, at }] of this.known) {
      if (until == null || !person.status) continue;
      const left = until * 1000 - Date.now();
      if (left > 0) next = Math.min(next, left);
      else {
        ended = true;
        this.known.set(pid, { person: { ...person, status: '' }, at });
      }
    }
    if (ended) this.changed();
    if (next === Infinity) return;
    this.ending = setTimeout(() => {
      this.endStatuses();
    }, Math.min(next, LONGEST_MS));
  }

  private async fetch(): Promise<void> {
    const pids = [...this.wanted].slice(0, PAGE);
    if (pids.length === 0) return;
    try {
      const { people } = await this.ground.asked(this.ground.home.names(pids));
      for (const pid of pids) this.wanted.delete(pid);
      const told = new Set(people.map(({ pid }) => pid));
      for (const pid of pids) if (!told.has(pid)) this.absent.add(pid);
      this.learn(people);
    } catch (error) {
      // Away: `again` comes when home does. Anything else will not be better next time.
      if (codeOf(error) !== 'home_away') for (const pid of pids) this.wanted.delete(pid);
      return;
    }
    if (this.wanted.size > 0) this.fetchSoon();
  }

  private async save(): Promise<void> {
    const kept = [...this.known.values()].filter(fresh);
    await this.ground.storage.putNames(await this.ground.keys.lock(utf8(JSON.stringify(kept)))).catch(() => undefined);
  }
}

function fresh({ at }: Known): boolean {
  return at + KEPT_MS > Date.now();
}
