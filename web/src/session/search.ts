/** Search and mentions, asked of home. What opens the hits loads with the first search. */
import type { RoomId } from '../wire/ids';
import type { SearchPage, SearchQuery, SessionSearch } from './api';
import type { Finding } from './finding';

export class SearchPart implements SessionSearch {
  constructor(private readonly parts: Finding) {}

  async find(query: SearchQuery, cursor = ''): Promise<SearchPage> {
    const { find } = await import('./finding');
    return find(this.parts, query, cursor);
  }

  async mentions(): Promise<ReadonlyMap<RoomId, readonly number[]>> {
    const { ground } = this.parts;
    const { rooms } = await ground.asked(ground.home.mentions());
    return new Map(Object.entries(rooms) as [RoomId, number[]][]);
  }
}
