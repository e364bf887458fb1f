// SPDX-License-Identifier: BSD-3-Clause
// Puts what the journal has into the cells of a notebook, and goes on with what still runs.

import type { Cell, Notebook } from '@jupyterlab/notebook';
import type { OutputArea } from '@jupyterlab/outputarea';
import type { Future } from '@jupyterlab/services';
import { Beside } from './beside.js';
import { codeCells, isBusy, type Placed, setBusy } from './cells.js';
import { JournalFuture, messages } from './future.js';
import { type Around, type CellNow, plan } from './plan.js';
import { type Execution, hasEnded, type OutputMessage } from './types.js';
import { endedBadly } from './words.js';

export interface RestoreHooks {
  /** The view that outputs are put into; others of the same notebook show them too. */
  notebook(): Notebook;
  around(): Around;
  /** Seconds since 1970, on the clock of the server. */
  now(): number;
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

/** A cell that shows [*] for an execution that is queued. */
interface Waiting {
  readonly cell: Cell;
  /** What the cell showed when that began. */
  readonly before: Future | null | undefined;
}

export class Restore {
  readonly #model: { dirty: boolean };
  readonly #hooks: RestoreHooks;
  readonly #bound = new Map<string, Bound>();
  /** Executions whose place in a cell another execution has taken, or that the user has dismissed. */
  readonly #over = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  #disposed = false;

  /** `model`: of the notebook. */
  constructor(model: { dirty: boolean }, hooks: RestoreHooks) {
    this.#model = model;
    this.#hooks = hooks;
  }

  /** Take over all that a snapshot tells: of each cell the newest. */
  take(executions: readonly Execution[]): void {
    const cells = codeCells(this.#hooks.notebook());
    for (const execution of executions) {
      const bound = this.#bound.get(execution.id);
      const over = this.#over.has(execution.id);
      if (over || (bound && !bound.area.isDisposed && bound.seq >= execution.seq)) {
        // A server that could not reach this page for a while has forgotten what it holds.
        if (hasEnded(execution) && !execution.saved && (over || bound?.cell)) this.#hooks.hold(execution.id);
      } else this.#place(execution, cells.get(execution.cell) ?? null);
    }
  }

  /** The state of an execution has changed; `newest`: its cell was not run again since. */
  state(execution: Execution, newest: boolean): void {
    const { id } = execution;
    const bound = this.#bound.get(id);
    if (this.#over.has(id)) return;
    if (!bound) {
      // Without outputs: it begins now. One that began before this page knew of it comes with a snapshot.
      const placed = codeCells(this.#hooks.notebook()).get(execution.cell) ?? null;
      if (!newest) this.#waiting.delete(id);
      else if (!hasEnded(execution) || this.#waiting.has(id)) this.#place(execution, placed);
      return;
    }
    if (bound.area.isDisposed) {
      this.#lost(bound);
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
      if (cell && !execution.saved && !sessions.includes(execution.session)) this.#model.dirty = true;
    }
  }

  /** A cell that has come, or come back, does not show what the journal has of it. */
  lacks(execution: Execution): boolean {
    const { id } = execution;
    const [bound, waiting] = [this.#bound.get(id), this.#waiting.get(id)];
    if (this.#over.has(id) || (bound && !bound.area.isDisposed) || (waiting && !waiting.cell.isDisposed)) return false;
    const placed = codeCells(this.#hooks.notebook()).get(execution.cell);
    if (!placed) return false;
    return !hasEnded(execution) || !execution.saved || shown(placed.cell, id) === 'part';
  }

  /** JupyterLab shows an execution of this page as one that goes on. */
  waits(execution: Execution): boolean {
    const cell = codeCells(this.#hooks.notebook()).get(execution.cell)?.cell;
    return cell !== undefined && isBusy(cell) && theirs(cell.outputArea.future)?.msg.header.msg_id === execution.id;
  }

  /** Put in an execution of this page whose end JupyterLab will not hear. */
  heal(execution: Execution): void {
    const cell = codeCells(this.#hooks.notebook()).get(execution.cell)?.cell;
    if (!cell) return;
    // The journal has missed its beginning, and maybe outputs that this page has.
    if (execution.count === null) setBusy(cell, false);
    else this.#quietly(execution, () => this.#show(execution, cell, null));
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
    const { id } = execution;
    const waited = this.#waiting.get(id);
    this.#waiting.delete(id);
    const step = plan(execution, placed && this.#cellNow(execution, placed), this.#hooks.around());
    if (step === 'leave' || step === 'gone' || step === 'beside') this.#release(id, waited);
    if (!placed || step === 'leave' || step === 'gone') return;
    const { cell } = placed;
    this.#quietly(execution, () => {
      if (step === 'wait') {
        this.#waiting.set(id, { cell, before: waited ? waited.before : cell.outputArea.future });
        setBusy(cell, true);
      } else if (step === 'beside') this.#show(execution, cell, this.#besides(execution, cell));
      else if (!runsHere(cell, id, waited)) this.#show(execution, cell, null);
    });
  }

  #cellNow({ id }: Execution, { cell, source }: Placed): CellNow {
    const bound = this.#bound.get(id);
    const beside = bound?.beside && !bound.future.ended ? 'beside' : null;
    return { source, outputs: cell.outputArea.model.toJSON(), shown: beside ?? shown(cell, id) };
  }

  /** An execution is not what a cell waits for or goes on with any more. */
  #release(id: string, waited: Waiting | undefined): void {
    const bound = this.#bound.get(id);
    const open = bound?.cell && !bound.future.ended ? bound : null;
    const cell = open?.cell ?? waited?.cell;
    if (cell && !cell.isDisposed && !runsHere(cell, id, waited)) setBusy(cell, false);
    if (!open) return;
    this.#bound.delete(id);
    open.future.dispose();
  }

  #besides(execution: Execution, cell: Cell): Beside {
    const mirrored = this.#hooks.around().sessions.includes(execution.session);
    return new Beside(cell, this.#hooks.notebook().rendermime, execution, this.#hooks.now(), mirrored, () => {
      this.#over.add(execution.id);
      this.#bound.delete(execution.id);
      this.#hooks.hold(execution.id);
    });
  }

  #show(execution: Execution, cell: Cell, beside: Beside | null): void {
    // Of one cell there is one block, for whatever was run of it last.
    for (const [id, other] of [...this.#bound]) {
      if (!other.beside || other.execution.cell !== execution.cell) continue;
      this.#bound.delete(id);
      other.beside.dispose();
    }
    const area = beside?.area ?? cell.outputArea;
    const future = new JournalFuture(execution.id, () => this.#dropped(execution.id, future));
    const bound = { execution, area, future, cell: beside ? null : cell, beside, seq: execution.seq };
    // First, because the area disposes the future that it had, which may be an older one of the same execution.
    this.#bound.set(execution.id, bound);
    area.future = future;
    // As JupyterLab does where a user runs a cell: the outputs from the file are gone, and what comes is of the kernel.
    if (!beside && cell.model.sharedModel.getSource() === execution.source) cell.model.trusted = true;
    for (const message of messages(execution)) future.feed(message);
    if (hasEnded(execution)) this.#finish(bound);
    else if (!beside) setBusy(cell, true);
  }

  #finish({ execution, future, cell, beside }: Bound): void {
    future.end(execution);
    beside?.update(execution, this.#hooks.now());
    if (!cell || cell.isDisposed) return;
    const sentence = endedBadly(execution);
    // In the words that the server would write into the file, and so that they get there.
    if (sentence) future.feed({ msg_type: 'stream', content: { name: 'stderr', text: `${sentence}\n` } });
    cell.model.executionCount = execution.count;
    setBusy(
      cell,
      [...this.#waiting.values()].some((other) => other.cell === cell),
    );
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
    const { dirty } = this.#model;
    change();
    const { sessions, mine } = this.#hooks.around();
    const theirs = sessions.includes(execution.session) && !mine.has(execution.session);
    if (!dirty && (theirs || execution.saved)) this.#model.dirty = false;
  }
}

/** The future, if it is one of JupyterLab itself. */
function theirs(future: Future | null | undefined): Future | null {
  return future && !future.isDisposed && !(future instanceof JournalFuture) ? future : null;
}

/**
 * The user has run the cell here, in this moment or while it waited for another execution: that must not be touched. But
 * the same execution is nobody's any more where its server has gone, and JupyterLab has a hole in its outputs.
 */
function runsHere(cell: Cell, id: string, waited: Waiting | undefined): boolean {
  const future = theirs(cell.outputArea.future);
  return future !== null && future !== waited?.before && future.msg.header.msg_id !== id && isBusy(cell);
}

function shown(cell: Cell, id: string): 'part' | 'all' | null {
  const { future } = cell.outputArea;
  if (!(future instanceof JournalFuture) || future.isDisposed || future.msg.header.msg_id !== id) return null;
  return future.ended ? 'all' : 'part';
}
