// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Comm, KernelMessage, SessionContext, Signal } from '@jupyterlab/services';
import { type Bundle, DELAY_MS, Follower } from '../src/follow.js';
import { MIME } from '../src/frame.js';
import { GREETING_MS, LATE_MS, Link, type LinkState, SUBSHELL_MS, TARGET } from '../src/link.js';
import { settle } from './page.js';

class FakeSignal<Args> implements Signal<SessionContext, Args> {
  readonly slots = new Set<(sender: SessionContext, args: Args) => void>();
  readonly #bound = new Map<unknown, (sender: SessionContext, args: Args) => void>();
  connect(slot: (sender: SessionContext, args: Args) => void, owner: unknown): boolean {
    const bound = slot.bind(owner);
    this.#bound.set(slot, bound);
    this.slots.add(bound);
    return true;
  }
  disconnect(slot: (sender: SessionContext, args: Args) => void): boolean {
    return this.slots.delete(this.#bound.get(slot) ?? slot);
  }
  emit(args: Args): void {
    for (const slot of this.slots) slot(context as unknown as SessionContext, args);
  }
}

class FakeComm {
  onMsg: Comm['onMsg'] = () => {};
  onClose: Comm['onClose'] = () => {};
  isDisposed = false;
  subshellStarted: Promise<void> | undefined = subshell;
  opened: unknown;
  closed = false;
  sent: unknown[] = [];
  open(data: unknown): void {
    this.opened = data;
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = this.isDisposed = true;
  }
  dispose(): void {
    this.isDisposed = true;
  }
}

let subshell: Promise<void> | undefined;
let comms: FakeComm[];
let targets: string[];
let context: ReturnType<typeof fakeContext>;
let states: LinkState[];
let said: unknown[];
const links: Link[] = [];
let about: { panel: string; run: string } | null;

function kernel(id: string) {
  return {
    id,
    status: 'idle',
    handleComms: true,
    info: Promise.resolve(),
    supportsSubshells: true,
    interrupt: async () => {},
    createComm: (target: string) => {
      targets.push(target);
      comms.push(new FakeComm());
      return comms.at(-1) as unknown as Comm;
    },
  };
}

function fakeContext() {
  return {
    isReady: true,
    isDisposed: false,
    session: { kernel: kernel('k1') as ReturnType<typeof kernel> | null },
    kernelChanged: new FakeSignal<unknown>(),
    sessionChanged: new FakeSignal<unknown>(),
    statusChanged: new FakeSignal<string>(),
    connectionStatusChanged: new FakeSignal<string>(),
    iopubMessage: new FakeSignal<KernelMessage>(),
    ready: Promise.resolve(),
  };
}

beforeEach(() => {
  mock.timers.reset();
  [comms, targets, states, said] = [[], [], [], []];
  about = { panel: 'p', run: 'r' };
  subshell = undefined;
  context = fakeContext();
});

afterEach(() => {
  for (const made of links.splice(0)) made.dispose();
});

const GREETING = { do: 'visible', panes: [0] };

function link(): Link {
  const made = new Link(context as unknown as SessionContext, {
    about: () => about,
    greeting: () => GREETING,
    changed: (state) => states.push(state),
    said: (data) => said.push(data),
    overheard: () => {},
  });
  links.push(made);
  return made;
}

test('a comm is opened, once, and speaks of the panel', async () => {
  const made = link();
  await settle();
  assert.deepEqual(targets, [TARGET]);
  assert.deepEqual(comms[0]?.opened, { panel: 'p', run: 'r' });
  assert.equal(made.send({ do: 'stop' }), true);
  assert.deepEqual(comms[0]?.sent, [GREETING, { do: 'stop' }]);
  comms[0]?.onMsg({ header: { msg_type: 'comm_msg' }, content: { data: { heard: 'stop' } } });
  assert.deepEqual(said, [{ heard: 'stop' }]);
});

test('the page says again and again what is in sight, as long as there is somebody to hear it', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const made = link();
  mock.timers.tick(2 * GREETING_MS);
  assert.deepEqual(comms[0]?.sent, [GREETING, GREETING, GREETING]);
  context.connectionStatusChanged.emit('connecting');
  mock.timers.tick(GREETING_MS);
  context.connectionStatusChanged.emit('connected');
  assert.deepEqual(comms[1]?.sent, [GREETING]);
  made.dispose();
  mock.timers.tick(GREETING_MS);
  assert.equal(comms[0]?.sent.length, 3);
  assert.equal(comms[1]?.sent.length, 1);
});

test('a command that fails leaves the way open; a run that the kernel does not know ends it', () => {
  const made = link();
  const answer = (data: unknown) => comms[0]?.onMsg({ header: { msg_type: 'comm_msg' }, content: { data } });
  answer({ error: 'the scheduler cannot be reached' });
  answer(null);
  assert.equal(made.state, 'live');
  assert.equal(made.send({ do: 'stop' }), true);
  answer({ error: 'This kernel does not know the run of this panel.', unknown: true });
  assert.equal(made.state, 'lost');
  assert.equal(said.length, 3);
  assert.equal(made.send({ do: 'stop' }), false);
});

test('with subshells the comm is opened when its own has started, and not before', async () => {
  let start = () => {};
  subshell = new Promise((resolve) => {
    start = resolve;
  });
  const made = link();
  assert.equal(made.send({ do: 'stop' }), true);
  await settle();
  assert.equal(comms[0]?.opened, undefined);
  assert.deepEqual(comms[0]?.sent, []);
  start();
  await settle();
  assert.deepEqual(comms[0]?.opened, { panel: 'p', run: 'r' });
  assert.deepEqual(comms[0]?.sent, [GREETING, { do: 'stop' }]);
  made.dispose();
});

test('a subshell that never starts is not waited for', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  subshell = new Promise(() => {});
  const made = link();
  await settle();
  mock.timers.tick(SUBSHELL_MS);
  await settle();
  assert.deepEqual(comms[0]?.opened, { panel: 'p', run: 'r' });
  made.dispose();
});

test('a cell that runs is known from its own messages', () => {
  const made = link();
  const status = (state: string, parent: string) =>
    context.iopubMessage.emit({
      header: { msg_type: 'status' },
      parent_header: { msg_type: parent },
      content: { execution_state: state },
    });
  assert.equal(made.executing, false);
  status('busy', 'execute_request');
  status('idle', 'comm_msg');
  assert.equal(made.executing, true);
  status('idle', 'execute_request');
  assert.equal(made.executing, false);
  made.noteExecuting();
  assert.equal(made.executing, true);
  status('idle', 'execute_request');
  assert.equal(made.executing, false);
});

test('nothing to talk about: no comm, and an open one is closed', () => {
  about = null;
  const made = link();
  assert.equal(comms.length, 0);
  about = { panel: 'p', run: 'r' };
  made.refresh();
  about = null;
  made.refresh();
  assert.equal(comms[0]?.closed, true);
  assert.equal(made.send({}), false);
});

test('a kernel that does not know the run closes the comm', () => {
  const made = link();
  comms[0]?.onClose({ header: { msg_type: 'comm_close' }, content: {} });
  assert.equal(made.state, 'lost');
  made.refresh();
  assert.equal(comms.length, 1, 'it is not asked again');
});

test('after a restart the run is lost, until an update comes that is not a late one', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const made = link();
  context.statusChanged.emit('restarting');
  context.statusChanged.emit('idle');
  assert.equal(made.state, 'lost');
  made.revive();
  assert.equal(made.state, 'lost');
  mock.timers.tick(LATE_MS);
  made.revive();
  assert.equal(made.state, 'live');
  assert.equal(comms.length, 2);
});

test('a lost connection is waited for, and the comm opened again', () => {
  const made = link();
  context.connectionStatusChanged.emit('connecting');
  assert.equal(made.state, 'waiting');
  assert.equal(made.send({}), false);
  context.connectionStatusChanged.emit('connected');
  assert.equal(made.state, 'live');
  assert.equal(comms.length, 2);
});

test('a notebook without a kernel is not live; one that gets a kernel is', () => {
  context.session.kernel = null;
  const made = link();
  assert.equal(made.state, 'none');
  context.session.kernel = kernel('k1');
  context.kernelChanged.emit(null);
  assert.equal(made.state, 'live');
});

test('a kernel that is still coming is waited for', async () => {
  context.session.kernel = null;
  context.isReady = false;
  const made = link();
  assert.equal(made.state, 'waiting');
  context.isReady = true;
  context.session.kernel = kernel('k1');
  context.kernelChanged.emit(null);
  assert.equal(made.state, 'live');
});

test('another kernel knows nothing, and one that was shut down neither', () => {
  const made = link();
  context.session.kernel = kernel('k2');
  context.kernelChanged.emit(null);
  assert.equal(made.state, 'lost');
  const other = link();
  context.session.kernel = null;
  context.kernelChanged.emit(null);
  assert.equal(other.state, 'lost');
});

test('dispose closes the comm and leaves no listener', () => {
  const made = link();
  made.dispose();
  assert.equal(comms[0]?.closed, true);
  const { kernelChanged, statusChanged, connectionStatusChanged, iopubMessage } = context;
  for (const signal of [kernelChanged, statusChanged, connectionStatusChanged, iopubMessage]) {
    assert.equal(signal.slots.size, 0);
  }
});

const update = (panel: string, frame: number, type = 'update_display_data'): KernelMessage => ({
  header: { msg_type: type },
  content: { data: { [MIME]: { panel, frame }, 'text/plain': 'x' }, metadata: {} },
});

test('updates that the page does not deliver itself are followed, the newest only', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const fed: Bundle[] = [];
  const follower = new Follower(
    () => ({ panel: 'p', frame: 4 }),
    (bundle) => fed.push(bundle),
  );
  for (const message of [update('q', 9), update('p', 4), update('p', 9, 'display_data')]) follower.take(message);
  follower.take({ header: { msg_type: 'update_display_data' }, content: {} });
  mock.timers.tick(10 * DELAY_MS);
  assert.equal(fed.length, 0);
  for (const frame of [5, 7, 6]) follower.take(update('p', frame));
  mock.timers.tick(DELAY_MS);
  assert.deepEqual(
    fed.map(({ data }) => data),
    [{ [MIME]: { panel: 'p', frame: 7 }, 'text/plain': 'x' }],
  );
});

test('updates that the page has delivered meanwhile are not fed twice', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const shown = { panel: 'p', frame: 4 };
  const fed: Bundle[] = [];
  const follower = new Follower(
    () => shown,
    (bundle) => fed.push(bundle),
  );
  follower.take(update('p', 5));
  shown.frame = 5;
  mock.timers.tick(DELAY_MS);
  follower.take(update('p', 6));
  follower.dispose();
  mock.timers.tick(DELAY_MS);
  assert.equal(fed.length, 0);
});
