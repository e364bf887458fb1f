// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { MISSED_MS } from '../src/journal/missed.js';
import type { Execution, Said } from '../src/journal/types.js';
import { begun, execution, FakeCell, fakePanel, journal, moved, over } from './lab.js';
import { Signal } from './lab_parts.js';

class Socket {
  readonly sent: { readonly type: string; readonly ids?: readonly string[]; readonly value?: string }[] = [];
  readyState = 1;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    sockets.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }
}

type FakePanel = ReturnType<typeof fakePanel>;

const AGAIN_MS = 100;
let sockets: Socket[];
let tracker: { widgetAdded: Signal; forEach: (action: (panel: FakePanel) => void) => void };
let cell: FakeCell;

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Open a view. */
async function open(panel: FakePanel): Promise<FakePanel> {
  tracker.widgetAdded.emit(panel);
  await settle();
  return panel;
}

function close(panel: FakePanel): void {
  panel.isDisposed = true;
  panel.disposed.emit();
  for (const each of panel.content.widgets) each.dispose();
}

async function hear(said: Said): Promise<void> {
  sockets.at(-1)?.onmessage?.({ data: JSON.stringify(said) });
  await settle();
  mock.timers.tick(1);
}

const snapshot = (executions: Execution[], changes: object = {}) =>
  hear({ type: 'snapshot', path: 'n.ipynb', kernel: null, seq: 1, executions, sessions: ['me'], left: 0, ...changes });

const state = (told: Execution) => hear({ type: 'state', seq: told.seq, execution: told });
const held = () => sockets.flatMap(({ sent }) => sent).flatMap(({ type, ids = [] }) => (type === 'hold' ? ids : []));
const told = (panel: FakePanel, name: string) =>
  [panel.contentHeader, panel.toolbar]
    .flatMap(({ node }) => [...node.querySelectorAll(`.rdf-live-${name}`)])
    .map((node) => node.textContent);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 100_000 });
  sockets = [];
  cell = new FakeCell('c', 'print(1)');
  tracker = { widgetAdded: new Signal(), forEach: () => {} };
  const serverSettings = { wsUrl: 'ws://h/', token: '', appendToken: false, WebSocket: Socket };
  journal.activate({ serviceManager: { serverSettings } } as never, tracker as never);
});

test('several views of a notebook are one page of it', async () => {
  const panel = await open(fakePanel([cell]));
  const twin = new FakeCell('c', 'print(1)', cell.outputArea.model);
  const view = await open({ ...fakePanel([twin]), context: panel.context });
  assert.equal(sockets.length, 1);
  await snapshot([execution({ state: 'running', ended: null })]);
  await hear({ type: 'message', id: 'e1', seq: 2, message: { msg_type: 'stream', content: { text: 'b' } } });
  assert.equal(cell.texts, 'ab');
  assert.deepEqual([told(panel, 'busy'), told(view, 'busy')], [['busy: cell 1, 1:38'], ['busy: cell 1, 1:38']]);
  close(panel);
  assert.deepEqual(sockets[0]?.sent, [], 'this page is not gone');
  mock.timers.tick(AGAIN_MS);
  assert.equal(sockets.length, 2);
  await snapshot([execution({ seq: 5 })]);
  assert.deepEqual([twin.texts, twin.prompt], ['a', '3'], 'it goes on in the other view');
  close(view);
  assert.deepEqual(sockets[1]?.sent.at(-1), { type: 'leaving' });
  const signals = [panel.sessionContext.kernelChanged, panel.context.pathChanged, panel.content.model.cells.changed];
  assert.deepEqual(
    signals.map(({ connected }) => connected),
    [0, 0, 0],
  );
  await open({ ...fakePanel([new FakeCell('c', '1')]), context: panel.context });
  assert.equal(sockets.length, 3, 'and is opened again');
});

test('a cell that comes back gets what it had', async () => {
  const panel = await open(fakePanel([cell]));
  await snapshot([execution({ state: 'running', ended: null })]);
  const back = moved(cell);
  panel.content.widgets.splice(0, 1, back);
  const { changed } = panel.content.model.cells;
  changed.emit({ type: 'add', newValues: [{ id: 'new' }] });
  await settle();
  mock.timers.tick(AGAIN_MS);
  assert.equal(sockets.length, 1, 'another cell');
  changed.emit({ type: 'add', newValues: [back.model] });
  await settle();
  mock.timers.tick(AGAIN_MS);
  assert.equal(sockets.length, 2);
});

test('the end of an own execution that JupyterLab has missed is put in after a while', async () => {
  await open(fakePanel([cell]));
  await snapshot([]);
  const own = cell.run('own');
  const ended = { id: 'own', session: 'me' };
  await state(begun(ended));
  await state(over(ended));
  mock.timers.tick(MISSED_MS);
  mock.timers.tick(AGAIN_MS);
  assert.equal(sockets.length, 2);
  assert.equal(own.isDisposed, false);
  await snapshot([execution({ ...ended, seq: 9 })]);
  assert.deepEqual([cell.prompt, cell.texts], ['3', 'a']);
});

test('JupyterLab, which is connected again too, has time to hear it first', async () => {
  await open(fakePanel([cell]));
  const own = cell.run('own');
  const ended = execution({ id: 'own', session: 'me' });
  await snapshot([ended]);
  assert.equal(own.isDisposed, false);
  mock.timers.tick(MISSED_MS);
  mock.timers.tick(AGAIN_MS);
  await snapshot([ended]);
  assert.deepEqual([cell.prompt, sockets.length], ['3', 2]);
});

test('the end of an own execution that JupyterLab hears is left to it', async () => {
  await open(fakePanel([cell]));
  await snapshot([]);
  const own = cell.run('own');
  await state(over({ id: 'own', session: 'me' }));
  cell.model.executionState = 'idle';
  mock.timers.tick(10 * MISSED_MS);
  assert.deepEqual([sockets.length, own.isDisposed], [1, false]);
});

test('in a notebook without names of cells their texts tell', async () => {
  await open(fakePanel([cell], 4));
  const older = execution({ id: 'e0', cell: 'of an earlier page', session: 's0', queued: 0 });
  await snapshot([older, execution({ cell: 'of another page' })]);
  assert.deepEqual([cell.texts, cell.prompt], ['a', '3']);
  assert.deepEqual(held(), ['e0', 'e1'], 'the older one is done with');
  await state(begun({ id: 'e2', cell: 'of another page', queued: 5 }));
  assert.equal(cell.prompt, '*');
});

test('in one with names they are what counts', async () => {
  const panel = await open(fakePanel([cell]));
  await snapshot([execution({ cell: 'gone' })]);
  assert.equal(cell.texts, '');
  assert.match(told(panel, 'banner-text')[0] ?? '', /1 result belongs to a cell that is gone\.$/);
  assert.deepEqual(held(), []);
  panel.contentHeader.node.querySelector('button')?.click();
  await settle();
  assert.deepEqual(held(), ['e1'], 'dismissed: it does not come back');
});

test('what a console runs is outside this notebook', async () => {
  const panel = await open(fakePanel([cell]));
  await snapshot([]);
  await hear({ type: 'sessions', sessions: ['console', 'me'], outside: ['console'] });
  await state(begun({ cell: 'x', session: 'console' }));
  assert.deepEqual(told(panel, 'busy'), ['busy: something outside this notebook, 1:38']);
});

test('counters go by the clock of the server, where that is another one', async () => {
  const panel = await open(fakePanel([cell]));
  const running = execution({ state: 'running', started: 1000, ended: null });
  await snapshot([running], { now: 1061 });
  assert.deepEqual(told(panel, 'busy'), ['busy: cell 1, 1:01']);
  await snapshot([{ ...running, started: 90, seq: 3 }], { now: 101 });
  assert.deepEqual(told(panel, 'busy'), ['busy: cell 1, 0:10'], 'a slow line is no other clock');
});

test('what a cell asks for a page that is gone can be answered here', async () => {
  const panel = await open(fakePanel([cell]));
  const field = () => cell.node.querySelector<HTMLInputElement>('.rdf-live-question-field');
  const asks = { prompt: 'who? <b>', password: false, time: 1 };
  await snapshot([begun({ session: 'gone', asks })], { sessions: ['me', 'gone'] });
  assert.equal(field(), null, 'the other page is there, and is asked itself');
  await hear({ type: 'sessions', sessions: ['me'] });
  assert.equal(cell.node.querySelector('.rdf-live-question-prompt')?.textContent, 'who? <b>');
  assert.equal(field()?.type, 'text');
  const input = field() as HTMLInputElement;
  input.value = 'you';
  const form = cell.node.querySelector('form') as HTMLFormElement;
  const submit = () => form.dispatchEvent(new window.Event('submit', { cancelable: true }));
  assert.equal(submit(), false, 'the page is not left');
  submit();
  const sent = sockets.flatMap((socket) => socket.sent).filter(({ type }) => type === 'answer');
  assert.deepEqual(sent, [{ type: 'answer', id: 'e1', time: 1, value: 'you' }], 'once');
  assert.equal(input.disabled, true);
  mock.timers.tick(5000);
  assert.equal(input.disabled, false, 'where it has not arrived');
  await state(begun({ session: 'gone', seq: 3, asks: { ...asks, password: true, time: 2 } }));
  assert.equal(field()?.disabled, false, 'it asks again');
  assert.equal(field()?.value, '');
  assert.equal(field()?.type, 'password');
  await state(begun({ session: 'gone', seq: 4, asks: null }));
  assert.equal(field(), null);
  close(panel);
});
