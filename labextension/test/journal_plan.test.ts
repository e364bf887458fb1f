// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Around, type CellNow, plan, whileAway } from '../src/journal/plan.js';
import type { Execution, Snapshot } from '../src/journal/types.js';

const text = { output_type: 'stream', name: 'stdout', text: 'hello' };
const plot = { output_type: 'display_data', data: {}, metadata: {}, transient: { display_id: 'd' } };

const execution: Execution = {
  id: 'a',
  cell: 'c',
  session: 'other',
  source: 'print()',
  state: 'ok',
  count: 1,
  queued: 100,
  started: 101,
  ended: 102,
  reason: null,
  saved: false,
  seq: 1,
  outputs: [text],
};
const cell: CellNow = { source: 'print()', outputs: [], shown: null };
const around: Around = { mine: new Set(['me']), sessions: ['me'], outside: [], shared: false, loaded: null };

test('what is not in the file comes back into its cell', () => {
  assert.equal(plan(execution, cell, around), 'restore');
  assert.equal(plan({ ...execution, state: 'error' }, cell, around), 'restore');
  assert.equal(plan({ ...execution, state: 'lost' }, cell, around), 'restore');
  assert.equal(plan({ ...execution, state: 'aborted', outputs: [] }, cell, around), 'restore');
  assert.equal(plan({ ...execution, state: 'running', ended: null }, cell, around), 'follow');
  assert.equal(plan({ ...execution, state: 'queued', ended: null, outputs: [] }, cell, around), 'wait');
});

test('what this page asked for is left alone, whatever its state', () => {
  for (const state of ['queued', 'running', 'ok', 'error', 'aborted', 'lost'] as const) {
    assert.equal(plan({ ...execution, session: 'me', state }, cell, around), 'leave');
  }
});

test('what was saved does not come back, not even where the user has cleared it', () => {
  assert.equal(plan({ ...execution, saved: true }, { ...cell, outputs: [text] }, around), 'leave');
  assert.equal(plan({ ...execution, saved: true }, cell, around), 'leave');
});

test('unless the file was written after this page had loaded it', () => {
  const written = { ...execution, saved: true };
  assert.equal(plan(written, cell, { ...around, loaded: 101 }), 'restore');
  assert.equal(plan(written, cell, { ...around, loaded: 103 }), 'leave');
});

test('a plot that was saved and may still be updated goes on where it stands', () => {
  const saved = { ...execution, saved: true, outputs: [plot] };
  assert.equal(plan(saved, { ...cell, outputs: [plot] }, around), 'restore');
  assert.equal(plan(saved, cell, around), 'leave', 'cleared by the user');
  assert.equal(plan(saved, { ...cell, outputs: [text] }, around), 'leave', 'of another execution');
  assert.equal(plan(saved, { ...cell, outputs: [plot], source: 'edited' }, around), 'leave');
  const cut = { ...saved, left_out_bytes: 7 };
  assert.equal(plan(cut, { ...cell, outputs: [plot] }, around), 'leave', 'the file has all of it');
});

test('outputs go on where they have begun', () => {
  const edited = { ...cell, source: 'print(2)' };
  const ended = { ...execution, saved: true };
  const running = { ...execution, state: 'running', ended: null } as const;
  assert.equal(plan(running, { ...edited, shown: 'part' }, around), 'follow');
  assert.equal(plan(execution, { ...edited, shown: 'part' }, around), 'restore');
  assert.equal(plan(ended, { ...edited, shown: 'part' }, around), 'restore', 'another page was quicker to save it');
  assert.equal(plan(execution, { ...edited, shown: 'all' }, around), 'restore');
  assert.equal(plan(ended, { ...edited, shown: 'all' }, around), 'leave', 'it may have been cleared');
  assert.equal(plan(running, { ...cell, shown: 'beside' }, around), 'beside');
  assert.equal(plan(ended, { ...edited, shown: 'beside' }, around), 'beside');
});

test('outputs of another source stand beside, never over', () => {
  const edited = { ...cell, source: 'print(2)' };
  assert.equal(plan(execution, edited, around), 'beside');
  assert.equal(plan({ ...execution, state: 'running', outputs: [] }, edited, around), 'beside');
  assert.equal(plan({ ...execution, outputs: [] }, edited, around), 'leave');
  assert.equal(plan({ ...execution, state: 'queued', outputs: [] }, edited, around), 'leave');
});

test('a cell that is gone', () => {
  assert.equal(plan(execution, null, around), 'gone');
  assert.equal(plan({ ...execution, outputs: [] }, null, around), 'leave');
});

test('in a shared document one page puts in what the page that asked cannot any more', () => {
  const shared = { ...around, shared: true };
  assert.equal(plan(execution, cell, { ...shared, sessions: ['me', 'other'] }), 'leave', 'its page lives');
  assert.equal(plan(execution, cell, { ...shared, sessions: ['me', 'zoe'] }), 'restore');
  assert.equal(plan(execution, cell, { ...shared, sessions: ['ann', 'me'] }), 'leave', 'ann does it');
  assert.equal(plan(execution, cell, { ...shared, sessions: ['ann', 'me'], outside: ['ann'] }), 'restore', 'a console');
  assert.equal(plan(execution, cell, { ...shared, sessions: [] }), 'restore');
});

const cells = new Map([
  ['c', { position: 2, source: 'print()' }],
  ['d', { position: 3, source: 'edited' }],
]);
const snapshot = (executions: Execution[], left?: number | null): Snapshot => ({
  type: 'snapshot',
  path: 'n.ipynb',
  kernel: null,
  seq: 1,
  executions,
  ...(left === undefined ? {} : { left }),
});

test('what happened while away', () => {
  const away = whileAway(
    snapshot([
      execution,
      { ...execution, id: 'b', cell: 'd', state: 'error' },
      { ...execution, id: 'e', cell: 'gone', state: 'ok' },
      { ...execution, id: 'f', cell: 'c', state: 'running', started: 105, ended: null },
      { ...execution, id: 'g', cell: 'd', state: 'queued', outputs: [] },
      { ...execution, id: 'h', cell: 'c', session: 'me' },
    ]),
    around,
    cells,
  );
  assert.deepEqual(away, {
    running: { cell: 2, since: 105 },
    queued: 1,
    finished: 3,
    failed: 1,
    lost: [],
    reason: null,
    notRun: 0,
    edited: 1,
    gone: ['e'],
  });
});

test('a kernel that died while away', () => {
  const reason = 'The kernel died at 10:41.';
  const {
    lost,
    notRun,
    reason: told,
  } = whileAway(
    snapshot([
      { ...execution, state: 'lost', reason },
      { ...execution, id: 'b', cell: 'd', state: 'aborted', reason, outputs: [] },
    ]),
    around,
    cells,
  );
  assert.deepEqual([lost, notRun, told], [[2], 1, { text: reason, time: 102 }]);
});

test('away begins when the last page went, and not at all while another is there', () => {
  const finished = (left: number | null, change: Partial<Execution> = {}, sessions = ['me']) =>
    whileAway(snapshot([{ ...execution, ...change }], left), { ...around, sessions }, cells).finished;
  assert.equal(finished(101), 1);
  assert.equal(finished(101, { saved: true }), 1, 'the server has saved it');
  assert.equal(finished(103), 0, 'ended before');
  assert.equal(finished(null), 0);
  assert.equal(finished(101, {}, ['me', 'other']), 0, 'its page lives');
});

test('a result without a place is told until it is dismissed', () => {
  const gone = (change: Partial<Execution>) =>
    whileAway(snapshot([{ ...execution, cell: 'gone', ...change }], 103), around, cells);
  assert.deepEqual([gone({}).gone, gone({}).finished], [['a'], 0]);
  assert.deepEqual(gone({ saved: true }).gone, []);
});

test('what a console has run is not of this notebook', () => {
  const known = { ...around, outside: ['console'] };
  const run = { ...execution, session: 'console' };
  const away = whileAway(
    snapshot([
      { ...run, cell: 'elsewhere' },
      { ...run, state: 'running', cell: 'there' },
    ]),
    known,
    cells,
  );
  assert.deepEqual([away.gone, away.finished, away.running], [[], 0, null]);
  assert.equal(
    whileAway(snapshot([run]), known, cells).finished,
    1,
    'a page that does not follow may have run a cell of it',
  );
});
