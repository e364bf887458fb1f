// SPDX-License-Identifier: BSD-3-Clause
// The code cells of a notebook in the page.

import type { Cell, Notebook } from '@jupyterlab/notebook';

export interface Placed {
  readonly cell: Cell;
  /** Among the code cells, counted from 1: that is how users count the cells that they run. */
  readonly position: number;
  readonly source: string;
}

export function codeCells(notebook: Notebook): Map<string, Placed> {
  const placed = new Map<string, Placed>();
  for (const cell of notebook.widgets) {
    if (cell.isDisposed || cell.model?.type !== 'code') continue;
    const source = cell.model.sharedModel.getSource();
    placed.set(cell.model.id, { cell, position: placed.size + 1, source });
  }
  return placed;
}

/** The cell shows [*]. */
export function isBusy(cell: Cell): boolean {
  if ('executionState' in cell.model) return cell.model.executionState === 'running';
  return cell.node.querySelector('.jp-InputArea-prompt')?.textContent?.includes('*') ?? false;
}

/** Show or end the [*] of a cell that another page started. */
export function setBusy(cell: Cell, busy: boolean): void {
  const { model } = cell;
  if ('executionState' in model) model.executionState = busy ? 'running' : 'idle';
  else cell.setPrompt(busy ? '*' : `${model.executionCount ?? ''}`);
}
