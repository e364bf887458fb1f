// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Execution } from '../src/journal/types.js';
import {
  type Away,
  awayText,
  besideHeading,
  busyLabel,
  cells,
  clock,
  counter,
  endedBadly,
  endedLabel,
  endedTitle,
  ordinal,
  queuedLabel,
  runningLabel,
  took,
} from '../src/journal/words.js';

const at = (hour: number, minute: number, second = 0) => new Date(2026, 10, 24, hour, minute, second).getTime() / 1000;
const NOW = at(10, 50);

const execution: Execution = {
  id: 'a',
  cell: 'c',
  session: 's',
  source: '1',
  state: 'ok',
  count: 4,
  queued: at(10, 40),
  started: at(10, 41),
  ended: at(10, 43, 31),
  reason: null,
  saved: false,
  seq: 1,
};

const nothing: Away = {
  running: null,
  queued: 0,
  finished: 0,
  failed: 0,
  lost: [],
  reason: null,
  notRun: 0,
  edited: 0,
  gone: [],
};

test('a time is on the clock; of another day it says which', () => {
  assert.equal(clock(at(10, 41), NOW), '10:41');
  assert.equal(clock(at(9, 5), NOW), '09:05');
  assert.equal(clock(at(9, 5) - 24 * 3600, NOW), '23 Nov, 09:05');
});

test('a counter counts minutes and hours', () => {
  assert.deepEqual([0, 5, 151, 3600, 3751, -1].map(counter), ['0:00', '0:05', '2:31', '1:00:00', '1:02:31', '0:00']);
});

test('how long something took is as exact as it is worth', () => {
  assert.deepEqual([0.04, 2.34, 9.96, 59.4, 59.6, 151, 3751].map(took), [
    '0.0 s',
    '2.3 s',
    '10 s',
    '59 s',
    '1:00 min',
    '2:31 min',
    '1:02:31 h',
  ]);
});

test('places in a queue', () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 21, 102].map(ordinal), [
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '21st',
    '102nd',
  ]);
  assert.equal(queuedLabel(1), 'queued, next');
  assert.equal(queuedLabel(2), 'queued, 2nd');
});

test('labels of cells', () => {
  assert.equal(runningLabel(execution, at(10, 41) + 151), 'running 2:31');
  assert.equal(runningLabel({ ...execution, started: null }, NOW), 'running 0:00');
  assert.equal(endedLabel(execution, NOW), '10:43, 2:31 min');
  assert.equal(endedLabel({ ...execution, state: 'error' }, NOW), 'failed 10:43, 2:31 min');
  assert.equal(endedLabel({ ...execution, state: 'lost' }, NOW), null);
  assert.equal(endedLabel({ ...execution, started: null }, NOW), null);
  assert.equal(endedTitle(execution, NOW), 'Started at 10:41, finished at 10:43 after 2:31 min.');
  assert.equal(endedTitle({ ...execution, state: 'error' }, NOW), 'Started at 10:41, failed at 10:43 after 2:31 min.');
});

test('a cell without an end of its own says why', () => {
  const reason = 'The kernel died at 10:41 and was started again.';
  assert.equal(endedBadly({ ...execution, state: 'lost', reason }), reason);
  assert.equal(endedBadly({ ...execution, state: 'lost' }), 'The kernel went away while this cell was running.');
  assert.equal(
    endedBadly({ ...execution, state: 'aborted', reason }),
    'Not run: the kernel died at 10:41 and was started again.',
  );
  assert.equal(endedBadly({ ...execution, state: 'aborted', reason: 'Not run, because.' }), 'Not run, because.');
  assert.equal(endedBadly({ ...execution, state: 'aborted' }), 'Not run.');
  assert.equal(endedBadly(execution), null);
});

test('outputs beside a cell say whose they are', () => {
  assert.equal(besideHeading(execution, false, NOW), 'Output of an earlier version of this cell, 10:43');
  assert.equal(
    besideHeading({ ...execution, state: 'running', ended: null }, true, NOW),
    'Output of this cell in another page, running since 10:41',
  );
});

test('what keeps the kernel busy', () => {
  assert.equal(busyLabel(execution, 4, at(10, 41) + 151), 'busy: cell 4, 2:31');
  assert.equal(busyLabel(execution, 'deleted', at(10, 41) + 1), 'busy: a deleted cell, 0:01');
  assert.equal(busyLabel(execution, 'outside', at(10, 41) + 1), 'busy: something outside this notebook, 0:01');
});

test('numbers of cells', () => {
  assert.deepEqual([[3], [3, 5], [3, 5, 6], [3, 5, 6, 7]].map(cells), [
    'cell 3',
    'cells 3 and 5',
    'cells 3, 5 and 6',
    '4 cells',
  ]);
});

test('the banner is silent when nothing happened', () => {
  assert.equal(awayText(nothing, false, NOW), null);
});

test('where a notebook has no names of cells the banner says so', () => {
  assert.equal(
    awayText({ ...nothing, gone: ['a'] }, true, NOW),
    'Reconnected: 1 result belongs to a cell that is gone, or that this notebook cannot name: its format is older than 4.5.',
  );
});

for (const [away, expected] of [
  [
    { running: { cell: 4, since: at(10, 41) }, finished: 3, failed: 1 },
    'Reconnected: cell 4 running since 10:41; 3 cells finished while you were away, 1 failed.',
  ],
  [
    { running: { cell: null, since: at(10, 41) }, queued: 2 },
    'Reconnected: a deleted cell running since 10:41, 2 queued.',
  ],
  [{ queued: 1 }, 'Reconnected: 1 cell is queued.'],
  [{ finished: 1 }, 'Reconnected: 1 cell finished while you were away.'],
  [{ finished: 1, failed: 1 }, 'Reconnected: 1 cell failed while you were away.'],
  [{ finished: 2, failed: 2 }, 'Reconnected: 2 cells finished while you were away, all failed.'],
  [
    { lost: [2], notRun: 2, reason: { text: 'The kernel died at 10:41.', time: at(10, 41) } },
    'Reconnected: cell 2 did not finish; 2 cells were not run. The kernel died at 10:41.',
  ],
  [
    { lost: [2], reason: { text: 'The kernel died at 10:41.', time: at(10, 41) - 24 * 3600 } },
    'Reconnected: cell 2 did not finish. The kernel died at 10:41. That was on 23 Nov.',
  ],
  [
    { finished: 2, edited: 1, gone: ['a'] },
    'Reconnected: 2 cells finished while you were away; 1 result belongs to an earlier version of a cell; ' +
      '1 result belongs to a cell that is gone.',
  ],
  [{ notRun: 1, gone: ['a', 'b'] }, 'Reconnected: 1 cell was not run; 2 results belong to a cell that is gone.'],
] as const) {
  test(`the banner: ${expected}`, () => assert.equal(awayText({ ...nothing, ...away }, false, NOW), expected));
}
