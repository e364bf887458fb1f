// SPDX-License-Identifier: BSD-3-Clause
// A line above the notebook: what happened while nobody looked.

import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { button, make, setText } from '../dom.js';

const BORDER_PX = 1;

export class Banner extends Widget {
  readonly #said = make('div', 'rdf-live-banner-text');

  constructor(panel: NotebookPanel, text: string, dismissed: () => void) {
    super();
    const close = button('×', 'rdf-live-dismiss', () => {
      dismissed();
      this.dispose();
    });
    close.setAttribute('aria-label', 'Dismiss');
    close.title = 'Dismiss';
    this.#said.setAttribute('role', 'status');
    this.addClass('rdf-live-banner');
    this.node.append(this.#said, close);
    panel.contentHeader.addWidget(this);
    // Page readers speak only what changes.
    setText(this.#said, text);
    this.fit();
  }

  protected override onResize(): void {
    // The place above a notebook gives a widget what its style demands, whatever its text needs.
    const height = `${this.#said.offsetHeight + BORDER_PX}px`;
    if (this.node.style.minHeight === height) return;
    this.node.style.minHeight = height;
    this.parent?.fit();
  }
}
