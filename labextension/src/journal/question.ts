// SPDX-License-Identifier: BSD-3-Clause
// A field below a cell that waits in `input()`, where the page that started it is gone: the kernel asks only that one.

import { make, setText } from '../dom.js';
import type { Placed } from './cells.js';
import type { Execution } from './types.js';

/** Is given the id of the execution, when it asked, and the answer. */
export type Answer = (id: string, time: number, value: string) => void;

/** An answer that has not arrived after this time may be given again. */
const AGAIN_MS = 5000;

export class Question {
  readonly #node = make('form', 'rdf-live-question');
  readonly #prompt = make('span', 'rdf-live-question-prompt');
  readonly #field = make('input', 'rdf-live-question-field');
  readonly #send = make('button', 'rdf-live-button', 'Answer');
  /** Which question it shows: one execution may ask the same again and again. */
  #shown = '';
  #id = '';
  #time = 0;

  constructor(answer: Answer) {
    this.#send.type = 'submit';
    this.#node.append(make('label', '', this.#prompt, this.#field), this.#send);
    const submit = (event: Event) => {
      event.preventDefault();
      if (this.#send.disabled) return;
      // Shows at once that it was heard; the field goes when the kernel goes on.
      this.#enable(false);
      setTimeout(() => this.#enable(true), AGAIN_MS);
      answer(this.#id, this.#time, this.#field.value);
    };
    this.#node.addEventListener('submit', submit);
    // The notebook keeps what Enter does in a form from being done.
    this.#field.addEventListener('keydown', (event) => {
      // While letters are composed, Enter ends that.
      if (event.key === 'Enter' && !event.isComposing) submit(event);
    });
  }

  update(execution: Execution | null, cells: ReadonlyMap<string, Placed>): void {
    const cell = execution ? cells.get(execution.cell)?.cell : undefined;
    if (!execution?.asks || !cell) {
      this.dispose();
      return;
    }
    const { prompt, password, time } = execution.asks;
    const shown = `${execution.id} ${time}`;
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#id = execution.id;
      this.#time = time;
      this.#field.value = '';
      this.#enable(true);
      this.#field.type = password ? 'password' : 'text';
      setText(this.#prompt, prompt || 'The cell asks for input:');
    }
    // Below what the cell has shown so far.
    if (this.#node.parentNode !== cell.node) cell.node.append(this.#node);
  }

  #enable(enabled: boolean): void {
    this.#field.disabled = this.#send.disabled = !enabled;
  }

  dispose(): void {
    this.#node.remove();
    this.#shown = '';
  }
}
