// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { same, takeOver } from '../src/journal/file.js';
import { JournalFuture, messages } from '../src/journal/future.js';
import { parse } from '../src/journal/types.js';

test('outputs are fed as the messages that made them', () => {
  const outputs = [
    { output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] },
    { output_type: 'display_data', data: { 'text/plain': 'p' }, metadata: {}, transient: { display_id: 'd' } },
    { output_type: 'error', ename: 'E', evalue: 'v', traceback: [] },
  ];
  assert.deepEqual(messages({ outputs, clear: true }), [
    { msg_type: 'stream', content: { name: 'stdout', text: 'a\nb' } },
    {
      msg_type: 'display_data',
      content: { data: { 'text/plain': 'p' }, metadata: {}, transient: { display_id: 'd' } },
    },
    { msg_type: 'error', content: { ename: 'E', evalue: 'v', traceback: [] } },
    { msg_type: 'clear_output', content: { wait: true } },
  ]);
  assert.deepEqual(messages({}), []);
});

test('a future hands its messages to the area, until the area drops it', async () => {
  const heard: { header: { msg_type: string }; parent_header: { msg_id: string }; content: unknown }[] = [];
  let disposed = 0;
  const future = new JournalFuture('id', () => {
    disposed += 1;
  });
  future.onIOPub = (message) => heard.push(message);
  future.feed({ msg_type: 'stream', content: { name: 'stdout', text: 'x' } });
  assert.equal(heard[0]?.header.msg_type, 'stream');
  assert.equal(heard[0]?.parent_header.msg_id, 'id');
  future.dispose();
  future.dispose();
  future.feed({ msg_type: 'stream', content: {} });
  assert.deepEqual([heard.length, disposed, future.isDisposed], [1, 1, true]);
});

test('its end is a reply, as JupyterLab takes it up where a cell was moved', async () => {
  const ended = new JournalFuture('id', () => {});
  assert.equal(ended.ended, false);
  ended.end({ state: 'ok', count: 3 });
  assert.equal(ended.ended, true);
  assert.deepEqual(await ended.done, { content: { status: 'ok', execution_count: 3 } });
  const dropped = new JournalFuture('id', () => {});
  dropped.dispose();
  assert.equal(await Promise.race([dropped.done, Promise.resolve('not yet')]), 'not yet', 'that is no end');
});

test('what is no message of the journal is ignored', () => {
  for (const text of [
    '',
    '[]',
    'null',
    '{"type":"snapshot"}',
    '{"type":"state"}',
    '{"type":"other"}',
    '{"type":"message"}',
    7,
  ]) {
    assert.equal(parse(text), null);
  }
  assert.equal(parse('{"type":"snapshot","executions":[]}')?.type, 'snapshot');
});

test('versions of a file', () => {
  const early = { last_modified: '2026-11-24T10:00:00Z' };
  assert.equal(same(early, { last_modified: '2026-11-24T10:00:00.000000+00:00' }), true);
  assert.equal(same({ ...early, hash: 'a' }, { ...early, hash: 'b' }), false);
  assert.equal(same({ ...early, hash: 'a' }, { last_modified: '2026-11-24T11:00:00Z', hash: 'a' }), true);
  assert.equal(same({ ...early, hash: 'a' }, { ...early, hash: null }), true);
});

test('a page takes over the version that the server has written, and only that', () => {
  const base = { last_modified: '2026-11-24T10:00:00Z', hash: 'a' };
  const now = { last_modified: '2026-11-24T10:01:00Z', hash: 'b' };
  const context = (file: object | null) => ({
    contentsModel: file,
    _updateContentsModel(given: object) {
      this.contentsModel = given;
    },
  });
  const here = context({ ...base, name: 'n' });
  assert.equal(takeOver(here as never, base, now), true);
  assert.deepEqual(here.contentsModel, { ...now, name: 'n' });
  assert.equal(takeOver(here as never, base, now), false, 'it has it already');
  const edited = context({ last_modified: '2026-11-24T10:00:30Z', hash: 'c' });
  assert.equal(takeOver(edited as never, base, now), false);
  assert.equal(takeOver({ contentsModel: base } as never, base, now), false, 'a JupyterLab of another kind');
  assert.equal(takeOver(context(null) as never, base, now), false);
});
