// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Placed } from '../src/journal/cells.js';
import { Names } from '../src/journal/names.js';
import type { Execution } from '../src/journal/types.js';

const page = (cells: Record<string, string>) =>
  new Map(Object.entries(cells).map(([id, source], index) => [id, { source, position: index + 1 } as Placed]));
const run = (cell: string, source: string, session = 's') => ({ id: cell, cell, source, session }) as Execution;
const cellsOf = (executions: Execution[]) => executions.map(({ cell }) => cell);

test('the text of a cell tells which one it was', () => {
  const names = new Names();
  const here = page({ a: '1', b: '2' });
  assert.deepEqual(cellsOf(names.translate([run('x', '2'), run('y', '3'), run('a', '1')], here)), ['b', 'y', 'a']);
  assert.deepEqual(cellsOf(names.translate([run('x', 'edited there')], here)), ['b'], 'and remains known');
  assert.deepEqual(cellsOf(names.translate([run('x', '2')], page({ c: '2' }))), ['c'], 'also when all is loaded again');
});

test('of cells with the same text each is known only if all were run', () => {
  const here = page({ a: 'c.Draw()', b: '1', d: 'c.Draw()' });
  assert.deepEqual(cellsOf(new Names().translate([run('x', 'c.Draw()')], here)), ['x']);
  const names = new Names();
  assert.deepEqual(cellsOf(names.translate([run('x', 'c.Draw()'), run('y', 'c.Draw()')], here)), ['a', 'd']);
  assert.deepEqual(cellsOf(names.translate([run('y', 'c.Draw()')], here)), ['d']);
  const other = [run('z', 'c.Draw()', 'another page')];
  assert.deepEqual(cellsOf(names.translate(other, here)), ['z'], 'each page has names of its own');
});
