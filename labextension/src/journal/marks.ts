// SPDX-License-Identifier: BSD-3-Clause
// A small label at each cell: queued and at which place, running and for how long, or when it ended (seen when the mouse
// is over the cell). And a line where a cell was lost or not run.

import type { Cell } from '@jupyterlab/notebook';
import { make, setAttribute, setText } from '../dom.js';
import type { Placed } from './cells.js';
import type { Execution } from './types.js';
import { endedBadly, endedLabel, endedTitle, queuedLabel, runningLabel } from './words.js';

/** What is shown at one cell. */
interface Mark {
  readonly label: HTMLElement;
  readonly line: HTMLElement;
}

export class Marks {
  readonly #marks = new Map<Cell, Mark>();

  /** `executions`: of each cell the newest, in the order of their requests. */
  update(executions: Iterable<Execution>, cells: ReadonlyMap<string, Placed>, now: number): void {
    const shown = new Set<Cell>();
    let position = 0;
    for (const execution of executions) {
      if (execution.state === 'queued') position += 1;
      const placed = cells.get(execution.cell);
      const anchor = placed?.cell.node.querySelector('.jp-Cell-inputWrapper');
      if (!placed || !anchor) continue;
      const text = label(execution, placed, position, now);
      const sentence = line(execution, placed);
      const title = text === null || execution.state === 'running' ? null : endedTitle(execution, now);
      setTitle(placed.cell, title);
      if (text === null && sentence === null) continue;
      shown.add(placed.cell);
      const mark = this.#mark(placed.cell);
      setText(mark.label, text ?? '');
      setAttribute(mark.label, 'data-state', execution.state);
      setText(mark.line, sentence ?? '');
      if (mark.label.parentNode !== anchor) anchor.append(mark.label);
      if (sentence && mark.line.parentNode !== placed.cell.node) placed.cell.node.append(mark.line);
      if (!sentence) mark.line.remove();
    }
    for (const cell of this.#marks.keys()) if (!shown.has(cell)) this.#remove(cell);
  }

  dispose(): void {
    for (const cell of [...this.#marks.keys()]) this.#remove(cell);
  }

  #mark(cell: Cell): Mark {
    let mark = this.#marks.get(cell);
    if (!mark) {
      mark = { label: make('span', 'rdf-live-cell-label'), line: make('div', 'rdf-live-cell-line') };
      this.#marks.set(cell, mark);
    }
    return mark;
  }

  #remove(cell: Cell): void {
    const mark = this.#marks.get(cell);
    mark?.label.remove();
    mark?.line.remove();
    this.#marks.delete(cell);
    if (!cell.isDisposed) setTitle(cell, null);
  }
}

function setTitle(cell: Cell, title: string | null): void {
  const prompt = cell.node.querySelector('.jp-InputArea-prompt');
  if (title) prompt?.setAttribute('title', title);
  else prompt?.removeAttribute('title');
}

function label(execution: Execution, { cell, source }: Placed, position: number, now: number): string | null {
  if (execution.state === 'queued') return queuedLabel(position);
  if (execution.state === 'running') return runningLabel(execution, now);
  // What the cell shows may be of another execution, which no journal has seen.
  const same = source === execution.source && cell.model.executionCount === execution.count;
  return same ? endedLabel(execution, now) : null;
}

/** Once the notebook is saved its outputs tell; and here too, where they were restored. */
function line(execution: Execution, { cell, source }: Placed): string | null {
  const sentence = endedBadly(execution);
  if (!sentence || execution.saved || source !== execution.source) return null;
  const told = cell.outputArea.model.toJSON().some(({ text }) => String(text).includes(sentence));
  return told ? null : sentence;
}
