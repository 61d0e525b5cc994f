/** Home's HTTP for moderation, webhooks and one's own data (`samrum.wire.moderation_api`, `hooks_api`, `export_api`); loads with what uses it. */
import type { Pid, RoomId } from '../wire/ids';
import type { Blocked, Changed, CloseReport, Export, HookMade, Hooks, NewReport, Reported, Reports } from '../wire/types';
import { Changed as isChanged } from '../wire/validators';
import * as valid from '../wire/validators.later';
import type { HomeDoor } from './home';

export class ModerationDoor {
  constructor(private readonly home: HomeDoor) {}

  /** Puts somebody out, who can come back only when that is lifted. */
  block(room: RoomId, pid: Pid, atOnce: boolean): Promise<Changed> {
    return this.home.proven('POST', `/rooms/${room}/members`, { remove: [pid], block: true, at_once: atOnce }, isChanged);
  }

  blocked(room: RoomId): Promise<Blocked> {
    return this.home.call('GET', `/rooms/${room}/blocked`, undefined, valid.Blocked);
  }

  unblock(room: RoomId, pid: Pid): Promise<void> {
    return this.home.call('POST', `/rooms/${room}/unblock`, { pids: [pid] }, null);
  }

  report(body: NewReport): Promise<Reported> {
    return this.home.call('POST', '/reports', body, valid.Reported);
  }

  reports(which: string, skip: number): Promise<Reports> {
    return this.home.call('GET', `/reports?which=${which}&skip=${String(skip)}`, undefined, valid.Reports);
  }

  close(report: number, body: CloseReport): Promise<void> {
    return this.home.call('POST', `/reports/${String(report)}/close`, body, null);
  }

  hooks(room: RoomId): Promise<Hooks> {
    return this.home.call('GET', `/rooms/${room}/hooks`, undefined, valid.Hooks);
  }

  makeHook(room: RoomId, name: string): Promise<HookMade> {
    return this.home.call('POST', `/rooms/${room}/hooks`, { name }, valid.HookMade);
  }

  turnHook(room: RoomId, pid: Pid): Promise<HookMade> {
    return this.home.call('POST', `/rooms/${room}/hooks/${pid}/rotate`, {}, valid.HookMade);
  }

  removeHook(room: RoomId, pid: Pid): Promise<void> {
    return this.home.call('POST', `/rooms/${room}/hooks/${pid}/remove`, {}, null);
  }

  export(): Promise<Export> {
    return this.home.call('GET', '/export', undefined, valid.Export);
  }

  beginExport(): Promise<Export> {
    return this.home.call('POST', '/export', {}, valid.Export);
  }
}
