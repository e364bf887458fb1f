// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Follow, LONGEST_PAUSE_MS, PAUSE_MS } from '../src/journal/follow.js';
import type { Said } from '../src/journal/types.js';

class Socket {
  readonly sent: unknown[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed: number | undefined;

  constructor(readonly url: string) {
    sockets.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
    this.onmessage?.({ data: '{"type":"snapshot","executions":[]}' });
  }

  break(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code: number): void {
    this.closed = code;
    this.break();
  }
}

let sockets: Socket[];
let said: Said[];
let follow: Follow;
let answer: () => { status: number; headers: Headers };

/** Promises that wait; timers are mocked. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

const json = (status: number) => ({ status, headers: new Headers({ 'content-type': 'application/json' }) });

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  [sockets, said] = [[], []];
  answer = () => json(404);
  const settings = {
    baseUrl: 'http://h/',
    wsUrl: 'ws://h/',
    token: 't',
    appendToken: true,
    init: {},
    WebSocket: Socket,
    fetch: async () => answer(),
  };
  follow = new Follow(settings as never, 'a dir/n.ipynb', 'me', (what) => said.push(what));
});

test('follows a notebook with the name of this page', () => {
  assert.equal(sockets[0]?.url, 'ws://h/rdf-live/api/journal/follow?path=a+dir%2Fn.ipynb&session=me&token=t');
  sockets[0]?.open();
  assert.deepEqual(said, [{ type: 'snapshot', executions: [] }]);
});

test('comes back after pauses that grow, and begins anew once it was heard', async () => {
  sockets[0]?.open();
  for (const pause of [PAUSE_MS, 2 * PAUSE_MS, 4 * PAUSE_MS]) {
    sockets.at(-1)?.break();
    await settle();
    const before = sockets.length;
    mock.timers.tick(pause - 1);
    assert.equal(sockets.length, before);
    mock.timers.tick(1);
    assert.equal(sockets.length, before + 1);
  }
  sockets.at(-1)?.open();
  sockets.at(-1)?.break();
  await settle();
  mock.timers.tick(PAUSE_MS);
  assert.equal(sockets.length, 5);
});

test('no pause is longer than the longest', async () => {
  sockets[0]?.open();
  for (let i = 0; i < 12; i++) {
    sockets.at(-1)?.break();
    await settle();
    mock.timers.tick(LONGEST_PAUSE_MS);
    assert.equal(sockets.length, i + 2);
  }
});

test('a server without a journal is left alone', async () => {
  answer = () => ({ status: 404, headers: new Headers({ 'content-type': 'text/html' }) });
  sockets[0]?.break();
  await settle();
  mock.timers.tick(10 * LONGEST_PAUSE_MS);
  assert.equal(sockets.length, 1);
});

test('one that has it, or cannot be reached now, is asked again', async () => {
  sockets[0]?.break();
  await settle();
  mock.timers.tick(PAUSE_MS);
  assert.equal(sockets.length, 2);
  answer = () => {
    throw new TypeError('no connection');
  };
  sockets[1]?.break();
  await settle();
  mock.timers.tick(2 * PAUSE_MS);
  assert.equal(sockets.length, 3);
});

test('says what it holds and that it leaves, when there is somebody to say it to', () => {
  follow.hold(['a']);
  follow.leave();
  assert.deepEqual(sockets[0]?.sent, []);
  sockets[0]?.open();
  follow.hold([]);
  follow.hold(['a', 'b']);
  follow.leave();
  assert.deepEqual(sockets[0]?.sent, [{ type: 'hold', ids: ['a', 'b'] }, { type: 'leaving' }]);
});

test('another kernel or notebook is followed from its beginning; the same is not', async () => {
  sockets[0]?.open();
  follow.turn('a dir/n.ipynb', 'me');
  assert.equal(sockets.length, 1);
  follow.turn('a dir/n.ipynb', 'new');
  assert.equal(sockets[0]?.closed, 1000);
  assert.match(sockets[1]?.url ?? '', /session=new/);
  sockets[0]?.onmessage?.({ data: '{"type":"snapshot","executions":[]}' });
  assert.equal(said.length, 1, 'the old one is not heard any more');
  await settle();
  mock.timers.tick(LONGEST_PAUSE_MS);
  assert.equal(sockets.length, 2);
});

test('a new name that the server has told is no reason to begin again', async () => {
  sockets[0]?.open();
  follow.renamed('b.ipynb');
  follow.turn('b.ipynb', 'me');
  assert.equal(sockets.length, 1);
  sockets[0]?.break();
  await settle();
  mock.timers.tick(PAUSE_MS);
  assert.match(sockets[1]?.url ?? '', /path=b.ipynb/);
});

test('nothing after the end', async () => {
  sockets[0]?.open();
  follow.dispose();
  follow.again();
  await settle();
  mock.timers.tick(LONGEST_PAUSE_MS);
  assert.equal(sockets.length, 1);
});
