/** How tiles fill a stage: the widest equal tiles that all fit. */

const RATIO = 16 / 9;

export interface Grid {
  readonly columns: number;
  /** Of one tile, in CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** The best grid for `count` tiles of 16:9 in a space of `width` × `height` CSS pixels with `gap` between them. */
export function grid(count: number, width: number, height: number, gap: number): Grid {
  let best: Grid = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - gap * (columns - 1)) / columns;
    const byHeight = ((height - gap * (rows - 1)) / rows) * RATIO;
    const tile = Math.floor(Math.min(byWidth, byHeight));
    if (tile > best.width) best = { columns, width: tile, height: Math.floor(tile / RATIO) };
  }
  return best;
}
