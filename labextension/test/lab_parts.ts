// SPDX-License-Identifier: BSD-3-Clause
// What the extension uses of JupyterLab and Lumino, as they do it and without what they draw.

import './page.js';

interface Message {
  readonly header: { readonly msg_type: string };
  readonly content: Record<string, unknown>;
}

export interface FakeFuture {
  readonly isDisposed: boolean;
  readonly done: Promise<unknown>;
  onIOPub: (message: never) => unknown;
  dispose(): void;
}

export class Widget {
  readonly node: HTMLElement;
  readonly widgets: Widget[] = [];
  parent: Widget | null = null;
  isDisposed = false;

  constructor({ node = document.createElement('div') }: { node?: HTMLElement } = {}) {
    this.node = node;
  }

  addClass(name: string): void {
    this.node.classList.add(name);
  }

  fit(): void {}

  onAfterAttach(): void {}

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.node.remove();
    for (const widget of this.widgets) widget.dispose();
  }
}

export class Panel extends Widget {
  addWidget(widget: Widget): void {
    this.widgets.push(widget);
    this.node.append(widget.node);
  }

  insertBefore(_at: string, _name: string, widget: Widget): boolean {
    this.addWidget(widget);
    return true;
  }
}

export class OutputAreaModel {
  outputs: Record<string, unknown>[] = [];
  isDisposed = false;
  changed: () => void = () => {};

  push(output: Record<string, unknown>): void {
    this.outputs.push(output);
    this.changed();
  }

  toJSON(): readonly Record<string, unknown>[] {
    return this.outputs;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

export class OutputArea extends Widget {
  readonly model: OutputAreaModel;
  #future: FakeFuture | null = null;

  constructor({ model }: { model: OutputAreaModel }) {
    super();
    this.model = model;
  }

  get future(): FakeFuture | null {
    return this.#future;
  }

  set future(future: FakeFuture) {
    this.#take(future);
    this.model.outputs = [];
  }

  /** From 4.6 on: the cell will be there again, as another widget. */
  detachFuture(): FakeFuture | null {
    const future = this.#future;
    if (future) future.onIOPub = () => {};
    this.#future = null;
    return future;
  }

  reattachFuture(future: FakeFuture): void {
    this.#take(future);
  }

  override dispose(): void {
    this.#future?.dispose();
    this.#future = null;
    super.dispose();
  }

  #take(future: FakeFuture): void {
    if (this.#future !== future) this.#future?.dispose();
    this.#future = future;
    future.onIOPub = ({ header, content }: Message) => this.model.push({ output_type: header.msg_type, ...content });
  }
}

/** Whoever is connected hears what is sent. */
export class Signal {
  readonly #slots: { slot: (sender: unknown, args: unknown) => void; self: unknown }[] = [];

  connect(slot: (sender: unknown, args: unknown) => void, self?: unknown): void {
    this.#slots.push({ slot, self });
  }

  disconnect(slot: unknown, self?: unknown): void {
    const index = this.#slots.findIndex((each) => each.slot === slot && each.self === self);
    if (index >= 0) this.#slots.splice(index, 1);
  }

  emit(args?: unknown): void {
    for (const { slot, self } of [...this.#slots]) slot.call(self, null, args);
  }

  get connected(): number {
    return this.#slots.length;
  }
}

export const INotebookTracker = {};
