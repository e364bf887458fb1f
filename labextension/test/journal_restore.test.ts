// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Around } from '../src/journal/plan.js';
import { begun, CoreFuture, execution, FakeCell, moved, over, queued, Restore } from './lab.js';
import { settle } from './page.js';

let cell: FakeCell;
let cells: FakeCell[];
let model: { dirty: boolean };
let held: string[];
let asked: number;
let around: Around;
let restore: InstanceType<typeof Restore>;

const running = () => execution({ state: 'running', count: 3, ended: null });
const more = { msg_type: 'stream', content: { name: 'stdout', text: 'b' } };

beforeEach(() => {
  cell = new FakeCell('c', 'print(1)');
  cells = [cell];
  model = { dirty: false };
  cell.outputArea.model.changed = () => {
    model.dirty = true;
  };
  [held, asked] = [[], 0];
  around = { mine: new Set(['me']), sessions: ['me'], outside: [], shared: false, loaded: null };
  restore = new Restore(model, {
    notebook: () => ({ widgets: cells, rendermime: {} }) as never,
    around: () => around,
    now: () => 100,
    hold: (id) => held.push(id),
    again: () => {
      asked += 1;
    },
  });
});

test('what runs goes on in its cell, to its end', () => {
  restore.take([running()]);
  assert.equal(cell.prompt, '*');
  restore.message('e1', 2, more);
  assert.equal(cell.texts, 'ab');
  restore.state(over(), true);
  assert.deepEqual([cell.prompt, held], ['3', ['e1']]);
});

test('a cell that the user has run here in the meantime is not touched', () => {
  restore.take([queued()]);
  const own = cell.run('own');
  restore.state(begun(), false);
  assert.equal(own.isDisposed, false, 'the journal knows of it');
  restore.take([running()]);
  assert.equal(own.isDisposed, false, 'a snapshot from a moment before');
  assert.equal(cell.prompt, '*');
});

test('nor is one that was queued by another page before', () => {
  const own = cell.run('own');
  restore.take([queued()]);
  restore.state(begun(), false);
  assert.equal(own.isDisposed, false);
});

test('what this page has asked for itself is taken over where its server has gone: JupyterLab has a hole in it', () => {
  const own = cell.run('e1');
  restore.take([running()]);
  assert.equal(own.isDisposed, true);
  assert.deepEqual([cell.prompt, cell.texts], ['*', 'a']);
  restore.message('e1', 2, more);
  restore.state(over(), true);
  assert.deepEqual([cell.prompt, cell.texts], ['3', 'ab']);
});

test('what this page has run before is no reason not to follow', () => {
  const own = cell.run('own');
  cell.model.executionState = 'idle';
  restore.take([queued()]);
  restore.state(begun(), true);
  assert.equal(own.isDisposed, true);
  restore.message('e1', 3, more);
  assert.equal(cell.texts, 'b');
});

test('a queued cell that is edited does not wait any more, however its execution goes on', () => {
  for (const end of [begun(), over({ id: 'e2', state: 'aborted', count: null, reason: 'The kernel died.' })]) {
    restore.take([queued({ id: end.id })]);
    assert.equal(cell.prompt, '*');
    cell.source = 'edited';
    restore.state(end, true);
    assert.equal(cell.prompt, '');
    cell.source = 'print(1)';
  }
});

test('a followed cell that is edited goes on, also with a new snapshot', () => {
  restore.take([running()]);
  cell.source = 'edited';
  restore.take([execution({ seq: 7, outputs: [{ output_type: 'stream', name: 'stdout', text: 'ab' }] })]);
  assert.deepEqual([cell.prompt, cell.texts, cell.besides.length], ['3', 'ab', 0]);
});

test('the end comes also where another page has saved it while this one was cut off', () => {
  around = { ...around, sessions: ['me', 'other'] };
  restore.take([running()]);
  restore.take([execution({ seq: 7, saved: true, outputs: [{ output_type: 'stream', name: 'stdout', text: 'ab' }] })]);
  assert.deepEqual([cell.prompt, cell.texts, model.dirty], ['3', 'ab', false]);
});

test('a cell that another execution waits for keeps its [*]', () => {
  restore.take([running()]);
  restore.state(queued({ id: 'e2', queued: 5 }), true);
  restore.state(over(), false);
  assert.equal(cell.prompt, '*');
});

test('a cell that is moved shows its end', async () => {
  restore.take([execution()]);
  cells = [moved(cell)];
  await settle();
  assert.equal(cells[0]?.prompt, '3');
  restore.take([execution({ seq: 2 })]);
  assert.equal(cells[0]?.prompt, '3');
});

test('a cell that is moved while it runs is found at its end', async () => {
  restore.take([running()]);
  cells = [moved(cell)];
  restore.state(over(), true);
  assert.equal(asked, 1);
  restore.take([execution({ seq: 9 })]);
  await settle();
  assert.deepEqual([cells[0]?.prompt, cells[0]?.texts], ['3', 'a']);
});

test('a cell that comes back lacks what was open or is not saved', () => {
  restore.take([running()]);
  assert.equal(restore.lacks(begun()), false);
  const back = moved(cell);
  cells = [];
  assert.equal(restore.lacks(begun()), false, 'it is deleted');
  cells = [back];
  assert.equal(restore.lacks(begun()), true);
  assert.equal(restore.lacks(over()), true);
  assert.equal(restore.lacks(over({ saved: true })), true, 'it shows [*]');
  cells = [new FakeCell('c', 'print(1)')];
  assert.equal(restore.lacks(over({ saved: true })), false);
});

test('a server that has forgotten what this page holds is told again', async () => {
  restore.take([execution()]);
  restore.take([execution()]);
  assert.deepEqual(held, ['e1', 'e1']);
  restore.take([execution({ saved: true })]);
  assert.deepEqual(held, ['e1', 'e1']);
  cell.source = 'edited';
  restore.take([execution({ id: 'e2', seq: 2 })]);
  await settle();
  restore.take([execution({ id: 'e2', seq: 2 })]);
  assert.deepEqual(held, ['e1', 'e1'], 'what stands beside is not in what this page saves');
  cell.besides[0]?.node.querySelector('button')?.click();
  restore.take([execution({ id: 'e2', seq: 2 })]);
  assert.deepEqual(held, ['e1', 'e1', 'e2', 'e2'], 'unless it was dismissed');
});

test('beside a cell stands only what was run of it last', async () => {
  around = { ...around, sessions: ['me', 'other'] };
  cell.source = 'edited';
  for (const id of ['r1', 'r2', 'r3']) {
    restore.state(begun({ id }), true);
    restore.state(over({ id }), true);
  }
  await settle();
  assert.equal(cell.besides.length, 1);
  assert.match(cell.besides[0]?.node.textContent ?? '', /^Output of this cell in another page/);
});

test('a block beside a cell goes on when another page has saved its end', async () => {
  cell.source = 'edited';
  restore.take([running()]);
  restore.take([execution({ seq: 7, saved: true })]);
  await settle();
  assert.equal(cell.besides.length, 1);
  assert.doesNotMatch(cell.besides[0]?.node.textContent ?? '', /running/);
});

test('an execution of this page whose end JupyterLab has missed', () => {
  const own = execution({ session: 'me', id: 'own' });
  const future = cell.run('own');
  restore.take([own]);
  assert.equal(future.isDisposed, false);
  assert.equal(restore.waits(own), true);
  assert.equal(restore.waits(execution({ id: 'other' })), false);
  restore.heal(own);
  assert.deepEqual([cell.prompt, cell.texts, model.dirty], ['3', 'a', true]);
  assert.equal(restore.waits(own), false);
  assert.equal(future.isDisposed, true);
});

test('an execution of this page of which the journal has missed the beginning is ended, and keeps its outputs', () => {
  const own = execution({ id: 'own', state: 'ok', ended: 3, count: null, outputs: [] });
  const future = cell.run('own');
  cell.outputArea.model.push({ output_type: 'stream', name: 'stdout', text: 'seen' });
  restore.heal(own);
  assert.deepEqual([cell.prompt, cell.texts], ['', 'seen']);
  assert.equal(future.isDisposed, false);
});

test('outputs of the kernel are trusted as where the user has run the cell here; those of another text are not', () => {
  cell.source = 'edited';
  restore.take([running()]);
  assert.equal(cell.model.trusted, false);
  cell.source = 'print(1)';
  restore.take([execution({ id: 'e2', queued: 5 })]);
  assert.equal(cell.model.trusted, true);
});

test('a future of JupyterLab that has gone is no execution', () => {
  const own = new CoreFuture('own');
  cell.outputArea.future = own;
  own.dispose();
  cell.model.executionState = 'running';
  restore.take([running()]);
  assert.equal(cell.texts, 'a');
});
