// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotAFrame, readFrame } from '../src/frame.js';
import { merge } from '../src/state.js';
import { bundle, pane, plot, run } from './bundles.js';

const frame = (changes: Record<string, unknown> = {}) => readFrame(bundle(changes));
const panes = [pane('a'), pane('b'), pane('c')];

test('the newest update wins, whatever comes later', () => {
  const newest = merge(merge(null, frame({ frame: 3 })), frame({ frame: 5 }));
  assert.equal(newest.frame.frame, 5);
  assert.equal(merge(newest, frame({ frame: 5, panes: [] })), newest);
  assert.equal(merge(newest, frame({ frame: 4, panes: [] })), newest);
});

test('a plot that is not in an update stays, one that is replaces it', () => {
  const first = merge(null, frame({ panes, plots: { 0: plot({ entries: 1 }), 2: plot({ entries: 2 }) } }));
  const second = merge(first, frame({ frame: 2, panes, plots: { 2: plot({ entries: 3 }) } }));
  assert.deepEqual(
    [...second.plots].map(([index, { entries }]) => [index, entries]),
    [
      [0, 1],
      [2, 3],
    ],
  );
  assert.deepEqual([...second.fresh], [2]);
  assert.equal(second.plots.get(0), first.plots.get(0));
});

test('plots of panes that are gone go with them', () => {
  const first = merge(null, frame({ panes, plots: { 0: plot(), 2: plot() } }));
  const second = merge(first, frame({ frame: 2, panes: panes.slice(0, 1) }));
  assert.deepEqual([...second.plots.keys()], [0]);
});

test('another panel begins anew, also with a smaller number', () => {
  const first = merge(null, frame({ frame: 9, plots: { 0: plot() } }));
  const second = merge(first, frame({ frame: 1, panel: 'ffffffffffff' }));
  assert.equal(second.frame.panel, 'ffffffffffff');
  assert.equal(second.plots.size, 0);
});

test('what is no frame is said in a sentence', () => {
  for (const given of [null, 7, [], {}, { version: 2 }, 'x']) {
    assert.throws(
      () => readFrame(given),
      (error: Error) => error instanceof NotAFrame && /version/.test(error.message),
    );
  }
  const damaged = [{ panel: 7 }, { frame: '1' }, { run: null }, { run: run({ state: 'dancing' }) }];
  for (const changes of damaged) {
    assert.throws(
      () => frame(changes),
      (error: Error) => error instanceof NotAFrame && /damaged/.test(error.message),
    );
  }
});

test('fields of a wrong type become harmless ones', () => {
  const odd = frame({
    progress: { fraction: 'x', entries: {}, eta_s: 'soon' },
    marks: [null, ['a', 'b'], 3],
    failures: [null, { files: 'f', entries: [1] }],
    panes: [null, { title: { a: 1 }, logx: 'yes' }],
    plots: { zero: plot(), '-1': plot(), 0: { views: [{ objects: 'x' }, null] } },
    numbers: [{ label: 1, text: ['x'] }],
    reports: [{ cuts: [null] }],
    columns: -3,
  });
  assert.equal(odd.progress?.fraction, 0);
  assert.equal(odd.progress?.eta, null);
  assert.deepEqual([...odd.plots.keys()], [0]);
  assert.deepEqual(odd.panes[1], { title: '{"a":1}', logx: null, logy: null });
  assert.equal(odd.failures[1]?.entries, null);
  assert.equal(odd.columns, null);
});
