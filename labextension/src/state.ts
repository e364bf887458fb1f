// SPDX-License-Identifier: BSD-3-Clause
// What a panel knows: the newest update, and of each pane the newest plot. Pure.

import type { Frame, Plot } from './frame.js';

export interface PanelState {
  readonly frame: Frame;
  readonly plots: ReadonlyMap<number, Plot>;
  /** Panes whose plot came with the newest update. */
  readonly fresh: ReadonlySet<number>;
}

/**
 * Take an update in. The newest wins: one that is not newer gives the old state itself. A plot that is not in it stays,
 * for only some panes come with each update.
 */
export function merge(old: PanelState | null, next: Frame): PanelState {
  const known = old !== null && old.frame.panel === next.panel;
  if (known && next.frame <= old.frame.frame) return old;
  const plots = new Map<number, Plot>();
  for (const source of known ? [old.plots, next.plots] : [next.plots]) {
    for (const [index, plot] of source) if (index < next.panes.length) plots.set(index, plot);
  }
  return { frame: next, plots, fresh: new Set([...next.plots.keys()].filter((index) => plots.has(index))) };
}
