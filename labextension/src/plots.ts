// SPDX-License-Identifier: BSD-3-Clause
// The grid of panes. What nobody sees is not drawn; one pane is drawn at a time, so the page stays responsive.

import { make } from './dom.js';
import type { Plot } from './frame.js';
import { type Drawer, PlotPane } from './pane.js';
import type { PanelState } from './state.js';

/** So long the set of visible panes must be still before the kernel is told. */
export const VISIBLE_MS = 200;
/** Panes this near to the screen are drawn already. */
const MARGIN = '300px 0px';

export interface GridOptions {
  /** Load what draws: only when there is something to draw. */
  readonly load: () => Promise<Drawer>;
  /** The visible panes, in order, when they have changed. */
  readonly onVisible: (panes: number[]) => void;
}

export class Grid {
  readonly node = make('div', 'rdf-live-grid');
  readonly #options: GridOptions;
  readonly #panes: PlotPane[] = [];
  readonly #indices = new WeakMap<Element, number>();
  readonly #visible = new Set<number>();
  readonly #queue = new Set<number>();
  readonly #watcher: IntersectionObserver | null;
  readonly #sizes: ResizeObserver | null;
  #told = '';
  #timer: ReturnType<typeof setTimeout> | null = null;
  #working = false;
  #disposed = false;

  constructor(options: GridOptions) {
    this.#options = options;
    // A page without observers (a test) shows all there is.
    this.#watcher =
      typeof IntersectionObserver === 'undefined'
        ? null
        : new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: MARGIN });
    this.#sizes =
      typeof ResizeObserver === 'undefined'
        ? null
        : new ResizeObserver((entries) => {
            for (const { target } of entries) this.#enqueue(this.#indices.get(target), true);
          });
  }

  get visible(): number[] {
    return [...this.#visible].sort((a, b) => a - b);
  }

  update(state: PanelState): void {
    const { columns, panes, final, run } = state.frame;
    for (const pane of this.#panes.splice(panes.length)) this.#remove(pane);
    panes.forEach((about, index) => {
      const pane = this.#panes[index] ?? this.#add(index);
      const plot: Plot | undefined = state.plots.get(index);
      const cancelled = run.state === 'cancelled';
      pane.update(about, plot, cancelled ? 'cancelled: nothing was kept' : final ? 'no values' : 'no values yet');
      if (state.fresh.has(index)) this.#enqueue(index);
    });
    this.node.hidden = panes.length === 0;
    this.node.classList.toggle('rdf-live-single', panes.length === 1);
    this.node.classList.toggle('rdf-live-columns', columns !== null);
    if (columns !== null) this.node.style.setProperty('--rdf-live-columns', String(columns));
  }

  /** Resolves when nothing is left to draw. */
  async idle(): Promise<void> {
    while (this.#working) await pause();
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#watcher?.disconnect();
    this.#sizes?.disconnect();
    for (const pane of this.#panes.splice(0)) pane.dispose();
  }

  #add(index: number): PlotPane {
    // What draws comes while the workers start, not after their first values. A failure is told when it is needed.
    if (index === 0) this.#options.load().catch(() => undefined);
    const pane = new PlotPane(() => this.#enqueue(index));
    this.#panes[index] = pane;
    this.#indices.set(pane.node, index);
    this.#indices.set(pane.body, index);
    this.node.append(pane.node);
    this.#watcher?.observe(pane.node);
    this.#sizes?.observe(pane.body);
    if (!this.#watcher) this.#visible.add(index);
    return pane;
  }

  #remove(pane: PlotPane): void {
    const index = this.#indices.get(pane.node);
    if (index !== undefined) this.#visible.delete(index);
    this.#watcher?.unobserve(pane.node);
    this.#sizes?.unobserve(pane.body);
    pane.dispose();
    pane.node.remove();
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const index = this.#indices.get(target);
      if (index === undefined) continue;
      if (isIntersecting) {
        this.#visible.add(index);
        this.#enqueue(index);
      } else this.#visible.delete(index);
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), VISIBLE_MS);
  }

  #tell(): void {
    this.#timer = null;
    const now = this.visible;
    if (JSON.stringify(now) === this.#told) return;
    this.#told = JSON.stringify(now);
    this.#options.onVisible(now);
  }

  #enqueue(index: number | undefined, resized = false): void {
    const pane = index === undefined ? undefined : this.#panes[index];
    if (!pane || index === undefined || this.#disposed) return;
    if (resized) pane.resized();
    if (!pane.dirty) return;
    this.#queue.add(index);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (;;) {
        const index = [...this.#queue].find((candidate) => this.#visible.has(candidate));
        const pane = index === undefined ? undefined : this.#panes[index];
        if (index === undefined || this.#disposed) break;
        this.#queue.delete(index);
        if (!pane?.dirty) continue;
        let drawer: Drawer;
        try {
          drawer = await this.#options.load();
        } catch (error) {
          console.warn('rdf-live: the code that draws could not be loaded', error);
          pane.fail('The code that draws could not be loaded; load the page again.');
          continue;
        }
        await pane.draw(drawer);
        await pause();
      }
    } finally {
      this.#working = false;
    }
  }
}

/** Let the page breathe. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
