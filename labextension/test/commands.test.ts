// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { CONFIRM_MS, type Command, Commands, PATIENCE_MS, PAUSE_MS } from '../src/commands.js';

let sent: string[];
let interrupts: number;
let busy: boolean;
let connected: boolean;
let commands: Commands;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  [sent, interrupts, busy, connected] = [[], 0, true, true];
  commands = new Commands(
    {
      send: ({ do: what }) => connected && sent.push(what) > 0,
      interrupt: () => {
        interrupts += 1;
      },
      busy: () => busy,
    },
    () => {},
  );
});

const blocking = () => commands.update({ state: 'running', blocking: true }, false);
const free = () => commands.update({ state: 'running', blocking: false }, false);
const wait = (ms: number) => mock.timers.tick(ms);
const cancel = () => {
  commands.click('cancel');
  commands.click('cancel');
};
const labels = () => (['stop', 'cancel'] as Command[]).map((command) => commands.label(command));

test('a click on stop shows at once and is sent once', () => {
  free();
  assert.deepEqual(labels(), ['Stop', 'Cancel']);
  commands.click('stop');
  commands.click('stop');
  assert.deepEqual(sent, ['stop']);
  assert.equal(commands.label('stop'), 'Stopping…');
  assert.equal(commands.enabled('stop'), false);
  assert.equal(commands.enabled('cancel'), true);
});

test('an answer in time means no interrupt', () => {
  blocking();
  commands.click('stop');
  wait(PATIENCE_MS - 1);
  commands.heard('stop');
  wait(10 * PATIENCE_MS);
  assert.equal(interrupts, 0);
});

test('without an answer a blocking call is interrupted once, never twice', () => {
  blocking();
  commands.click('stop');
  wait(PATIENCE_MS);
  assert.equal(interrupts, 1);
  wait(10 * PATIENCE_MS);
  assert.equal(interrupts, 1);
});

test('an idle kernel is not interrupted', () => {
  blocking();
  busy = false;
  commands.click('stop');
  wait(PATIENCE_MS);
  assert.equal(interrupts, 0);
});

test('a kernel that is busy with something else is not interrupted; that is said', () => {
  free();
  commands.click('stop');
  wait(PATIENCE_MS);
  assert.equal(interrupts, 0);
  assert.match(commands.sentence ?? '', /busy with another cell/);
  commands.heard('stop');
  assert.equal(commands.sentence, null);
  assert.equal(commands.label('stop'), 'Stopping…');
});

test('a run that is already stopping needs no interrupt', () => {
  blocking();
  commands.click('stop');
  commands.update({ state: 'stopping', blocking: true }, false);
  wait(PATIENCE_MS);
  assert.equal(interrupts, 0);
});

test('cancel asks once, and forgets the question', () => {
  free();
  commands.click('cancel');
  assert.equal(commands.label('cancel'), 'Really cancel?');
  assert.deepEqual(sent, []);
  wait(CONFIRM_MS);
  assert.equal(commands.label('cancel'), 'Cancel');
  cancel();
  assert.deepEqual(sent, ['cancel']);
  assert.equal(commands.label('cancel'), 'Cancelling…');
  assert.equal(commands.enabled('stop'), false);
  assert.equal(commands.enabled('cancel'), false);
});

test('cancel in a blocking call takes two interrupts, with a pause between them', () => {
  blocking();
  cancel();
  wait(PATIENCE_MS);
  assert.equal(interrupts, 1);
  wait(PAUSE_MS - 1);
  assert.equal(interrupts, 1);
  wait(1);
  assert.equal(interrupts, 2);
  wait(10 * PATIENCE_MS);
  assert.equal(interrupts, 2);
});

test('no second interrupt after the answer, nor when the cell has ended', () => {
  blocking();
  cancel();
  wait(PATIENCE_MS);
  commands.heard('cancel');
  wait(PAUSE_MS);
  assert.equal(interrupts, 1);
  commands.reset();
  blocking();
  cancel();
  wait(PATIENCE_MS);
  busy = false;
  wait(PAUSE_MS);
  assert.equal(interrupts, 2);
});

test('cancel after a stop that took an interrupt takes only one more', () => {
  blocking();
  commands.click('stop');
  wait(PATIENCE_MS);
  cancel();
  wait(10 * PATIENCE_MS);
  assert.equal(interrupts, 2);
});

test('without a connection a click says so, unless an interrupt will do', () => {
  connected = false;
  free();
  commands.click('stop');
  assert.match(commands.sentence ?? '', /no connection/);
  assert.equal(commands.label('stop'), 'Stop');
  blocking();
  commands.click('stop');
  wait(PATIENCE_MS);
  assert.equal(interrupts, 1);
});

test('an error gives the buttons back and is said', () => {
  free();
  commands.click('stop');
  commands.failed('The scheduler is gone.');
  assert.equal(commands.sentence, 'The scheduler is gone.');
  assert.deepEqual(labels(), ['Stop', 'Cancel']);
});

test('nothing happens after the end', () => {
  blocking();
  commands.click('stop');
  commands.update({ state: 'stopped', blocking: false }, true);
  wait(10 * PATIENCE_MS);
  assert.equal(interrupts, 0);
  assert.equal(commands.enabled('stop'), false);
});

test('nothing happens after dispose', () => {
  blocking();
  commands.click('stop');
  commands.dispose();
  wait(10 * PATIENCE_MS);
  assert.equal(interrupts, 0);
});
