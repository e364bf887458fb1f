// SPDX-License-Identifier: BSD-3-Clause
// In the toolbar: what runs that this page did not start. JupyterLab's own indicator knows only of what it asked for.

import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { make, setText } from '../dom.js';
import type { Placed } from './cells.js';
import type { Execution } from './types.js';
import { busyLabel } from './words.js';

export class Status {
  readonly #widget: Widget;

  constructor(panel: NotebookPanel) {
    this.#widget = new Widget({ node: make('div', 'rdf-live-busy') });
    const { toolbar } = panel;
    if (!toolbar.insertBefore('kernelName', 'rdf-live-busy', this.#widget))
      toolbar.addItem('rdf-live-busy', this.#widget);
  }

  /** `outside`: sessions that do not show the notebook. */
  update(running: Execution | null, cells: ReadonlyMap<string, Placed>, outside: readonly string[], now: number): void {
    const { node } = this.#widget;
    if (running) {
      const gone = outside.includes(running.session) ? 'outside' : 'deleted';
      setText(node, busyLabel(running, cells.get(running.cell)?.position ?? gone, now));
    }
    node.hidden = running === null;
  }

  dispose(): void {
    this.#widget.dispose();
  }
}
