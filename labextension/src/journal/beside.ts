// SPDX-License-Identifier: BSD-3-Clause
// Outputs of an earlier version of a cell: shown below it, never in it, and not in the file.

import type { Cell } from '@jupyterlab/notebook';
import { OutputArea, OutputAreaModel } from '@jupyterlab/outputarea';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel, Widget } from '@lumino/widgets';
import { button, make, setText } from '../dom.js';
import type { Execution } from './types.js';
import { besideHeading } from './words.js';

export class Beside {
  readonly area: OutputArea;
  readonly #model: OutputAreaModel;
  readonly #block = new Panel();
  readonly #heading = make('span', 'rdf-live-beside-heading');
  readonly #mirrored: boolean;

  constructor(
    cell: Cell,
    rendermime: IRenderMimeRegistry,
    execution: Execution,
    now: number,
    mirrored: boolean,
    dismissed: () => void,
  ) {
    this.#mirrored = mirrored;
    this.#model = new OutputAreaModel({ trusted: cell.model.trusted });
    this.area = new OutputArea({ model: this.#model, rendermime });
    const dismiss = () => {
      dismissed();
      this.dispose();
    };
    const head = make('div', 'rdf-live-beside-head', this.#heading, button('Dismiss', 'rdf-live-dismiss', dismiss));
    this.#block.addClass('rdf-live-beside');
    this.#block.addWidget(new Widget({ node: head }));
    this.#block.addWidget(this.area);
    this.#block.node.setAttribute('role', 'group');
    this.update(execution, now);
    // A cell that has not been on the screen yet has no parts below which this could stand.
    void cell.ready.then(() => {
      if (!cell.isDisposed && !this.#block.isDisposed) cell.layout?.addWidget(this.#block);
    });
  }

  update(execution: Execution, now: number): void {
    const heading = besideHeading(execution, this.#mirrored, now);
    setText(this.#heading, heading);
    this.#block.node.setAttribute('aria-label', heading);
  }

  dispose(): void {
    // A cell that goes takes the block with it, but not the model.
    this.#block.dispose();
    this.#model.dispose();
  }
}
