// SPDX-License-Identifier: BSD-3-Clause
// The open notebooks of this page: find the cell of a run, go there, insert lines.

import type { Application } from '@jupyterlab/application';
import type { Cell, INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { type Run, Trouble } from './api.js';
import { added, cellGone, NO_NOTEBOOK } from './words.js';

/** Without the drive that a shared document is on ("RTC:"). */
const plain = (path: string): string => path.replace(/^[^/:]+:/, '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export class Notebooks {
  readonly #app: Pick<Application, 'shell' | 'commands'>;
  readonly #tracker: INotebookTracker | null;

  constructor(app: Pick<Application, 'shell' | 'commands'>, tracker: INotebookTracker | null) {
    this.#app = app;
    this.#tracker = tracker;
  }

  /** Position of the cell of a run among the code cells, from 1; null if it is not open. */
  position(run: Run): number | null {
    const panel = run.here ? this.#find(run) : undefined;
    if (!panel || !run.cell) return null;
    const index = panel.content.widgets.filter(({ model }) => model.type === 'code').findIndex(is(run));
    return index < 0 ? null : index + 1;
  }

  /** Open the notebook at the cell. */
  async open(run: Run): Promise<void> {
    const path = run.notebook;
    if (!run.here || !path) return;
    let panel = this.#find(run) ?? null;
    if (panel) this.#app.shell.activateById(panel.id);
    else {
      const opened = await this.#app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
      panel = (opened as NotebookPanel | null | undefined) ?? null;
    }
    // Notebook 7 opens it in a tab of the browser, about which this page knows nothing.
    if (!panel?.content || !run.cell) return;
    await Promise.all([panel.context.ready, panel.revealed]);
    const cell = panel.content.widgets.find(is(run));
    if (!cell) throw new Trouble(cellGone(nameOf(path)));
    await panel.content.scrollToCell(cell, 'center');
  }

  canAttach(): boolean {
    return !!this.#tracker?.currentWidget?.model;
  }

  /** Insert the lines that attach a run below the active cell; they are not run. Gives what was done, in words. */
  async attach(run: Run): Promise<string> {
    const panel = this.#tracker?.currentWidget;
    const shared = panel?.model?.sharedModel;
    if (!panel || !shared) throw new Trouble(NO_NOTEBOOK);
    const { content } = panel;
    const index = Math.min(content.activeCellIndex + 1, content.widgets.length);
    shared.insertCell(index, { cell_type: 'code', source: run.attach, metadata: { trusted: true } });
    this.#app.shell.activateById(panel.id);
    const cell = content.widgets[index];
    if (cell) await content.scrollToCell(cell, 'center');
    return added(nameOf(panel.context.path));
  }

  #find(run: Run): NotebookPanel | undefined {
    return this.#tracker?.find((panel) => plain(panel.context.path) === run.notebook);
  }
}

const is = (run: Run) => (cell: Cell) => cell.model.id === run.cell;
