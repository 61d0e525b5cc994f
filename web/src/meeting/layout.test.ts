import { expect, test } from 'vitest';
import { grid } from './layout.ts';

test.each([
  [1, 900, 500, 1],
  [2, 900, 500, 2],
  [2, 400, 700, 1],
  [3, 900, 600, 2],
  [4, 900, 600, 2],
  [9, 1200, 700, 3],
])('%d tiles in %d × %d stand in %d columns', (count, width, height, columns) => {
  expect(grid(count, width, height, 8).columns).toBe(columns);
});

test('all tiles fit, whatever the space', () => {
  for (let count = 1; count <= 40; count += 1) {
    for (const [width, height] of [[320, 200], [600, 900], [1600, 800], [200, 900]] as const) {
      const tile = grid(count, width, height, 8);
      const rows = Math.ceil(count / tile.columns);
      expect(tile.columns * tile.width + (tile.columns - 1) * 8).toBeLessThanOrEqual(width);
      expect(rows * tile.height + (rows - 1) * 8).toBeLessThanOrEqual(height);
    }
  }
});

test('no space makes no tiles', () => {
  expect(grid(3, 0, 0, 8).width).toBe(0);
});
