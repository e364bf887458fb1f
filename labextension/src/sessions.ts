// SPDX-License-Identifier: BSD-3-Clause
// The session of each panel's kernel. A new view of an output stands outside of the notebook that it belongs to.

import type { SessionContext } from '@jupyterlab/services';

export class Sessions {
  readonly #known = new Map<string, SessionContext>();

  /** That of the notebook around a panel, if it is in one; else the one that the same panel was seen in before. */
  of(panel: string, around: SessionContext | null): SessionContext | null {
    for (const [name, { isDisposed }] of this.#known) if (isDisposed) this.#known.delete(name);
    if (around) this.#known.set(panel, around);
    return around ?? this.#known.get(panel) ?? null;
  }
}
