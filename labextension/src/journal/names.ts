// SPDX-License-Identifier: BSD-3-Clause
// Notebooks in a format before 4.5 do not name their cells: each page that opens one gives them names of its own, and the
// journal has those of the page that asked. There the text of a cell tells which one it was.

import type { Placed } from './cells.js';
import type { Execution } from './types.js';

export class Names {
  /** The names that cells have here, by those that they had in another page. */
  readonly #here = new Map<string, string>();
  /** The names that cells with one text had in one page, in the order in which they were run. */
  readonly #asked = new Map<string, Set<string>>();

  /** The executions with the names that their cells have here, where there is no doubt. */
  translate(executions: readonly Execution[], cells: ReadonlyMap<string, Placed>): Execution[] {
    for (const { session, source, cell } of executions) {
      const key = `${session} ${source}`;
      this.#asked.set(key, (this.#asked.get(key) ?? new Set()).add(cell));
    }
    return executions.map((execution) => ({ ...execution, cell: this.#find(execution, cells) }));
  }

  #find({ session, source, cell }: Execution, cells: ReadonlyMap<string, Placed>): string {
    if (cells.has(cell)) return cell;
    const known = this.#here.get(cell);
    if (known !== undefined && cells.has(known)) return known;
    const asked = [...(this.#asked.get(`${session} ${source}`) ?? [])];
    const same = [...cells].filter(([, placed]) => placed.source === source);
    // Of several cells with one text it is certain only when all of them were run.
    const found = asked.length === same.length ? same[asked.indexOf(cell)]?.[0] : undefined;
    if (found === undefined) return cell;
    this.#here.set(cell, found);
    return found;
  }
}
