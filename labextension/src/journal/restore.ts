// SPDX-License-Identifier: BSD-3-Clause
// Puts what the journal has into the cells of a notebook, and goes on with what still runs.

import type { Cell, NotebookPanel } from '@jupyterlab/notebook';
import type { OutputArea } from '@jupyterlab/outputarea';
import { Beside } from './beside.js';
import { codeCells, type Placed, setBusy } from './cells.js';
import { JournalFuture, messages } from './future.js';
import { type Around, plan } from './plan.js';
import { type Execution, hasEnded, type OutputMessage } from './types.js';
import { endedBadly } from './words.js';

export interface RestoreHooks {
  around(): Around;
  /** The notebook has the outputs of this execution now. */
  hold(id: string): void;
  /** Cells have been made anew: what they showed must be restored once more. */
  again(): void;
}

/** An execution whose outputs are shown in this page. */
interface Bound {
  execution: Execution;
  readonly area: OutputArea;
  readonly future: JournalFuture;
  /** null: the outputs stand beside. */
  readonly cell: Cell | null;
  readonly beside: Beside | null;
  /** The last change that is shown. */
  seq: number;
}

export class Restore {
  readonly #panel: NotebookPanel;
  readonly #hooks: RestoreHooks;
  readonly #bound = new Map<string, Bound>();
  /** Executions whose place in a cell another execution has taken, or that the user has dismissed. */
  readonly #over = new Set<string>();
  /** Cells that show [*] for an execution that is queued. */
  readonly #waiting = new Map<string, Cell>();
  #disposed = false;

  constructor(panel: NotebookPanel, hooks: RestoreHooks) {
    this.#panel = panel;
    this.#hooks = hooks;
  }

  /** Take over all that a snapshot tells. */
  take(executions: readonly Execution[]): void {
    const cells = codeCells(this.#panel.content);
    for (const execution of executions) {
      const bound = this.#bound.get(execution.id);
      if (this.#over.has(execution.id)) continue;
      if (bound && !bound.area.isDisposed && bound.seq >= execution.seq) continue;
      this.#place(execution, cells.get(execution.cell) ?? null);
    }
  }

  /** The state of an execution has changed. */
  state(execution: Execution): void {
    const bound = this.#bound.get(execution.id);
    if (this.#over.has(execution.id)) return;
    if (!bound) {
      // Without outputs: it begins now. One that began before this page knew of it comes with a snapshot.
      const placed = codeCells(this.#panel.content).get(execution.cell) ?? null;
      if (!hasEnded(execution) || this.#waiting.has(execution.id)) this.#place(execution, placed);
      return;
    }
    const before = bound.execution;
    bound.execution = { ...execution, outputs: [] };
    bound.seq = Math.max(bound.seq, execution.seq);
    if (hasEnded(execution) && !hasEnded(before)) this.#quietly(execution, () => this.#finish(bound));
  }

  /** A message about the outputs of an execution. */
  message(id: string, seq: number, message: OutputMessage): void {
    const bound = this.#bound.get(id);
    if (!bound || seq <= bound.seq) return;
    if (bound.area.isDisposed) this.#lost(bound);
    else {
      bound.seq = seq;
      this.#quietly(bound.execution, () => bound.future.feed(message));
    }
  }

  /** The pages that are connected have changed: what a page that went has not saved is now for this one to save. */
  sessions(): void {
    const { sessions } = this.#hooks.around();
    for (const { execution, cell } of this.#bound.values()) {
      if (cell && !execution.saved && !sessions.includes(execution.session)) this.#panel.context.model.dirty = true;
    }
  }

  dispose(): void {
    this.#disposed = true;
    for (const { future, beside } of this.#bound.values()) {
      beside?.dispose();
      future.dispose();
    }
    this.#bound.clear();
  }

  #place(execution: Execution, placed: Placed | null): void {
    const around = this.#hooks.around();
    const now = placed && {
      id: execution.cell,
      source: placed.source,
      outputs: placed.cell.outputArea.model.toJSON(),
    };
    this.#waiting.delete(execution.id);
    const step = plan(execution, now, around);
    if (!placed || step === 'leave' || step === 'gone') return;
    this.#quietly(execution, () => {
      if (step === 'wait') {
        this.#waiting.set(execution.id, placed.cell);
        setBusy(placed.cell, true);
      } else if (step === 'beside') this.#show(execution, placed.cell, this.#besides(execution, placed.cell));
      else this.#show(execution, placed.cell, null);
    });
  }

  #besides(execution: Execution, cell: Cell): Beside {
    const mirrored = this.#hooks.around().sessions.includes(execution.session);
    return new Beside(cell, this.#panel.content.rendermime, execution, mirrored, () => {
      this.#over.add(execution.id);
      this.#bound.delete(execution.id);
      this.#hooks.hold(execution.id);
    });
  }

  #show(execution: Execution, cell: Cell, beside: Beside | null): void {
    this.#bound.get(execution.id)?.beside?.dispose();
    const area = beside?.area ?? cell.outputArea;
    const future = new JournalFuture(execution.id, () => this.#dropped(execution.id, future));
    const bound = { execution, area, future, cell: beside ? null : cell, beside, seq: execution.seq };
    // First, because the area disposes the future that it had, which may be an older one of the same execution.
    this.#bound.set(execution.id, bound);
    area.future = future;
    for (const message of messages(execution)) future.feed(message);
    if (hasEnded(execution)) this.#finish(bound);
    else if (!beside) setBusy(cell, true);
  }

  #finish({ execution, future, cell, beside }: Bound): void {
    future.end();
    beside?.update(execution);
    if (!cell || cell.isDisposed) return;
    const sentence = endedBadly(execution);
    // In the words that the server would write into the file, and so that they get there.
    if (sentence) future.feed({ msg_type: 'stream', content: { name: 'stderr', text: `${sentence}\n` } });
    cell.model.executionCount = execution.count;
    setBusy(cell, false);
    this.#hooks.hold(execution.id);
  }

  /** The area has dropped a future of ours. */
  #dropped(id: string, future: JournalFuture): void {
    const bound = this.#bound.get(id);
    if (this.#disposed || bound?.future !== future) return;
    // An area that goes drops its future first, so whether it goes can be seen only afterwards.
    queueMicrotask(() => {
      if (this.#bound.get(id) !== bound || this.#disposed) return;
      if (bound.area.isDisposed) this.#lost(bound);
      else {
        this.#bound.delete(id);
        this.#over.add(id);
      }
    });
  }

  /** The cell has been moved, or the whole notebook loaded again: there are new widgets, without our outputs. */
  #lost(bound: Bound): void {
    this.#bound.delete(bound.execution.id);
    bound.beside?.dispose();
    this.#hooks.again();
  }

  /** While the page that asked for an execution lives, it saves its outputs; two pages that do would come into conflict. */
  #quietly(execution: Execution, change: () => void): void {
    const { model } = this.#panel.context;
    const dirty = model.dirty;
    change();
    const theirs = this.#hooks.around().sessions.includes(execution.session);
    if (!dirty && (theirs || execution.saved)) model.dirty = false;
  }
}
