// SPDX-License-Identifier: BSD-3-Clause
// Keeps a panel alive after the page was loaded again: the page has then forgotten which output a display_id means, so
// updates are taken from the kernel's messages themselves.

import type { KernelMessage } from '@jupyterlab/services';
import { MIME } from './frame.js';

/** The bundle of an output, as a message brings it. */
export interface Bundle {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

/** JupyterLab's own road gets this long: an update that it delivers needs no second delivery. */
export const DELAY_MS = 250;

export class Follower {
  readonly #shown: () => { panel: string; frame: number } | null;
  readonly #feed: (bundle: Bundle) => void;
  #newest: { frame: number; bundle: Bundle } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(shown: () => { panel: string; frame: number } | null, feed: (bundle: Bundle) => void) {
    this.#shown = shown;
    this.#feed = feed;
  }

  /** Look at a message of the kernel. */
  take(message: KernelMessage): void {
    if (message.header.msg_type !== 'update_display_data') return;
    const { data, metadata } = message.content as Partial<Bundle>;
    const update = data?.[MIME] as { panel?: unknown; frame?: unknown } | undefined;
    const shown = this.#shown();
    if (!data || !shown || update?.panel !== shown.panel || typeof update.frame !== 'number') return;
    if (update.frame <= (this.#newest?.frame ?? shown.frame)) return;
    this.#newest = { frame: update.frame, bundle: { data, metadata: metadata ?? {} } };
    this.#timer ??= setTimeout(() => this.#deliver(), DELAY_MS);
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = this.#newest = null;
  }

  #deliver(): void {
    const newest = this.#newest;
    this.#timer = this.#newest = null;
    const shown = this.#shown();
    if (newest && shown && newest.frame > shown.frame) this.#feed(newest.bundle);
  }
}
