// SPDX-License-Identifier: BSD-3-Clause
// What this page asked for is JupyterLab's own. But where its connection to the kernel was cut while another one was there,
// the server has kept nothing for it: it never hears of the end, and only the journal can give it that.

import { type Execution, hasEnded } from './types.js';

/** JupyterLab hears of the end of an execution within this time, or not at all. */
export const MISSED_MS = 5000;

export interface MissedHooks {
  /** JupyterLab shows this execution as one that goes on. */
  waits(execution: Execution): boolean;
  /** Put in what it has missed. */
  heal(execution: Execution): void;
  /** Ask for a new snapshot. */
  again(): void;
}

export class Missed {
  readonly #hooks: MissedHooks;
  /** Executions that have ended while JupyterLab waits for them, and since when that is known. */
  readonly #doubtful = new Map<string, { execution: Execution; since: number }>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(hooks: MissedHooks) {
    this.#hooks = hooks;
  }

  /** The journal tells of an execution of this page; with outputs if they are all there is. */
  heard(execution: Execution): void {
    if (!hasEnded(execution) || !this.#hooks.waits(execution)) return;
    const now = Date.now();
    const since = this.#doubtful.get(execution.id)?.since ?? now;
    if (execution.outputs && now - since >= MISSED_MS) {
      this.#doubtful.delete(execution.id);
      this.#hooks.heal(execution);
      return;
    }
    this.#doubtful.set(execution.id, { execution, since });
    this.#timer ??= setTimeout(() => this.#look(), MISSED_MS);
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = null;
    for (const [id, { execution }] of this.#doubtful) if (!this.#hooks.waits(execution)) this.#doubtful.delete(id);
    if (this.#doubtful.size > 0) this.#hooks.again();
  }
}
