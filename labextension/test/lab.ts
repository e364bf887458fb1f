// SPDX-License-Identifier: BSD-3-Clause
// Notebooks for tests: cells as JupyterLab 4.6 has them, an execution that JupyterLab waits for itself, and the parts of the
// extension that need them.

import { registerHooks } from 'node:module';
import type { Execution } from '../src/journal/types.js';
import { type FakeFuture, OutputArea, OutputAreaModel, Panel, Signal, Widget } from './lab_parts.js';

const parts = new URL('./lab_parts.js', import.meta.url).href;
registerHooks({
  resolve: (name, context, next) =>
    /^@(lumino|jupyterlab)\//.test(name) ? { url: parts, format: 'module', shortCircuit: true } : next(name, context),
});

export const { Restore } = await import('../src/journal/restore.js');
export const { Reconnection } = await import('../src/journal/reconnection.js');
export const { JournalFuture } = await import('../src/journal/future.js');
export const journal = (await import('../src/journal/index.js')).default;
export const { PanelRenderer } = await import('../src/renderer.js');

export class FakeCell extends Widget {
  readonly outputArea: OutputArea;
  readonly layout = new Panel();
  readonly ready = Promise.resolve();
  readonly model;
  source: string;

  /** `outputs`: of the cell in another view, or before it was moved. */
  constructor(id: string, source: string, outputs = new OutputAreaModel()) {
    super();
    this.source = source;
    this.outputArea = new OutputArea({ model: outputs });
    this.widgets.push(this.outputArea, this.layout);
    this.node.append(this.layout.node);
    this.model = {
      id,
      type: 'code',
      trusted: false,
      executionCount: null as number | null,
      executionState: 'idle',
      sharedModel: { getSource: () => this.source },
    };
  }

  /** What the cell shows in its prompt. */
  get prompt(): string {
    return this.model.executionState === 'running' ? '*' : String(this.model.executionCount ?? '');
  }

  get texts(): string {
    return this.outputArea.model.outputs.map((output) => output['text']).join('');
  }

  /** As a user does it: JupyterLab waits for the end itself. */
  run(id: string): CoreFuture {
    const future = new CoreFuture(id);
    this.outputArea.future = future;
    this.model.executionState = 'running';
    return future;
  }

  /** Its blocks with outputs of another version. */
  get besides(): Widget[] {
    return this.layout.widgets.filter((widget) => !widget.isDisposed);
  }
}

export class CoreFuture implements FakeFuture {
  readonly msg;
  readonly done: Promise<unknown>;
  isDisposed = false;
  onIOPub: (message: never) => unknown = () => {};

  constructor(id: string) {
    this.msg = { header: { msg_id: id } };
    this.done = new Promise(() => {});
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

/** Move a cell, or delete it and undo that: JupyterLab 4.6 makes it anew and hands over what it waits for. */
export function moved(cell: FakeCell): FakeCell {
  const future = cell.outputArea.detachFuture();
  let done = false;
  void future?.done.finally(() => {
    done = true;
  });
  const made = new FakeCell(cell.model.id, cell.source, cell.outputArea.model);
  cell.dispose();
  if (!future) return made;
  made.outputArea.reattachFuture(future);
  made.model.executionState = done ? 'idle' : 'running';
  void future.done.then((reply) => {
    const { content } = reply as { content: { execution_count: number } };
    made.model.executionCount = content.execution_count;
    made.model.executionState = 'idle';
  });
  return made;
}

/** A notebook in a page. */
export function fakePanel(cells: FakeCell[], minor = 5) {
  const model = { nbformatMinor: minor, cells: { changed: new Signal() } };
  const context = {
    path: 'n.ipynb',
    ready: Promise.resolve(),
    model: { dirty: false },
    contentsModel: null,
    pathChanged: new Signal(),
  };
  const sessionContext = {
    session: { kernel: { clientId: 'me' } },
    kernelChanged: new Signal(),
    ready: Promise.resolve(),
  };
  return {
    content: { widgets: cells, rendermime: {}, model },
    context,
    sessionContext,
    contentHeader: new Panel(),
    toolbar: new Panel(),
    revealed: Promise.resolve(),
    isDisposed: false,
    disposed: new Signal(),
  };
}

/** An execution that another page has asked for, which has ended. */
export function execution(changes: Partial<Execution> = {}): Execution {
  return {
    id: 'e1',
    cell: 'c',
    session: 'other',
    source: 'print(1)',
    state: 'ok',
    count: 3,
    queued: 1,
    started: 2,
    ended: 3,
    reason: null,
    saved: false,
    seq: 1,
    outputs: [{ output_type: 'stream', name: 'stdout', text: 'a' }],
    ...changes,
  };
}

export const queued = (changes: Partial<Execution> = {}) =>
  execution({ state: 'queued', count: null, started: null, ended: null, outputs: [], ...changes });

/** As a message of its state tells it: without outputs. */
export function begun({ outputs: _, ...changes }: Partial<Execution> = {}): Execution {
  const { outputs: __, ...told } = execution({ state: 'running', ended: null, seq: 2, ...changes });
  return told;
}

export function over({ outputs: _, ...changes }: Partial<Execution> = {}): Execution {
  const { outputs: __, ...told } = execution({ seq: 9, ...changes });
  return told;
}
