// SPDX-License-Identifier: BSD-3-Clause
// One view of a notebook, of which there may be several: what stands around its cells.

import type { Cell, NotebookPanel } from '@jupyterlab/notebook';
import { Banner } from './banner.js';
import { codeCells } from './cells.js';
import { Marks } from './marks.js';
import { type Answer, Question } from './question.js';
import { Status } from './status.js';
import type { Execution } from './types.js';

export interface Drawn {
  /** Of each cell the newest, in the order of their requests. */
  readonly executions: readonly Execution[];
  /** What runs that this page did not start. */
  readonly running: Execution | null;
  /** What waits for an answer that the page which started it cannot give any more. */
  readonly asking: Execution | null;
  /** Sessions that do not show the notebook. */
  readonly outside: readonly string[];
  /** Seconds since 1970, on the clock of the server. */
  readonly now: number;
}

export class View {
  readonly panel: NotebookPanel;
  readonly #marks = new Marks();
  readonly #status: Status;
  readonly #question: Question;
  readonly #ready: () => void;
  /** Cells that will be, or have been, drawn when they got their parts: those far from the screen get them late. */
  readonly #awaited = new WeakSet<Cell>();
  #banner: Banner | null = null;

  /**
   * @param ready - is called when a cell has got its parts
   * @param answer - is given what an `input()` is answered
   */
  constructor(panel: NotebookPanel, ready: () => void, answer: Answer) {
    this.panel = panel;
    this.#ready = ready;
    this.#status = new Status(panel);
    this.#question = new Question(answer);
  }

  tell(text: string, dismissed: () => void): void {
    this.#banner = new Banner(this.panel, text, dismissed);
  }

  draw({ executions, running, asking, outside, now }: Drawn): void {
    if (this.panel.isDisposed) return;
    const cells = codeCells(this.panel.content);
    for (const { cell } of cells.values()) {
      if (this.#awaited.has(cell)) continue;
      this.#awaited.add(cell);
      void cell.ready.then(this.#ready);
    }
    this.#marks.update(executions, cells, now);
    this.#question.update(asking, cells);
    this.#status.update(running, cells, outside, now);
  }

  dispose(): void {
    this.#marks.dispose();
    this.#question.dispose();
    this.#banner?.dispose();
    this.#status.dispose();
  }
}
