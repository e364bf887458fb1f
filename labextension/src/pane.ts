// SPDX-License-Identifier: BSD-3-Clause
// One pane: title, how much of the data it holds, small buttons, and the plot.

import { button, make, setAttribute, setText } from './dom.js';
import type { Pane, Plot, View } from './frame.js';
import { titleNodes, titleText } from './latex.js';
import type { Axis, Logs, Wish } from './logs.js';
import { amount, percent } from './text.js';

/** What draws a view; jsroot.ts, or something simpler in a test. */
export interface Drawn {
  readonly axes: readonly Axis[];
  readonly logs: Logs;
  readonly zoomed: boolean;
  /** It has colours that stand for numbers. */
  readonly colored: boolean;
  /** Names and colours of the objects; empty for a single one. */
  readonly legend: readonly { readonly name: string; readonly color: string }[];
  update(view: View): Promise<void>;
  setWish(wish: Wish): Promise<void>;
  unzoom(): Promise<void>;
  toggleStatistics(): Promise<void>;
  resize(): Promise<void>;
  dispose(): void;
}

export interface Drawer {
  readonly Drawing: { create(node: HTMLElement, view: View, wish: Wish): Promise<Drawn> };
  readonly Refused: new (message: string) => Error;
}

/** ROOT's numbers. The first is what ROOT draws with when nobody has chosen. */
export const PALETTES: readonly (readonly [name: string, palette: number])[] = [
  ['Bird', 57],
  ['Viridis', 112],
  ['Cividis', 113],
  ['Rainbow', 55],
  ['Grey', 52],
];

export class PlotPane {
  readonly node = make('figure', 'rdf-live-pane');
  readonly body = make('div', 'rdf-live-plot');
  readonly #title = make('span', 'rdf-live-pane-title');
  readonly #part = make('span', 'rdf-live-part');
  readonly #tools = make('span', 'rdf-live-pane-tools');
  readonly #legend = make('div', 'rdf-live-legend');
  readonly #words = make('div', 'rdf-live-words');
  readonly #note = make('div', 'rdf-live-note');
  readonly #views = make('select', 'rdf-live-views');
  readonly #palette = make('select', 'rdf-live-palette');
  readonly #logButtons = new Map<Axis, HTMLButtonElement>();
  readonly #unzoom: HTMLButtonElement;
  readonly #wake: () => void;
  readonly #jobs: ((drawn: Drawn) => Promise<void>)[] = [];
  #wish: Wish = { logx: null, logy: null, clicked: {} };
  #plot: Plot | null = null;
  #shownTitle: string | null = null;
  #shownLegend = '';
  #drawn: Drawn | null = null;
  #stale = false;
  #failed = false;
  #resized = false;
  #size = '';
  #disposed = false;

  /** @param wake - asks to be drawn */
  constructor(wake: () => void) {
    this.#wake = wake;
    for (const axis of ['x', 'y', 'z'] as const) {
      const node = button(`log ${axis}`, 'rdf-live-tool', () => this.#toggleLog(axis));
      node.title = `logarithmic ${axis} axis`;
      node.hidden = true;
      this.#logButtons.set(axis, node);
    }
    const statistics = button('stats', 'rdf-live-tool', () => this.#later((drawn) => drawn.toggleStatistics()));
    statistics.title = 'show or hide the statistics box';
    this.#unzoom = button('unzoom', 'rdf-live-tool', () => this.#later((drawn) => drawn.unzoom()));
    this.#unzoom.title = 'show the whole range again (or double-click in the plot)';
    this.#unzoom.hidden = true;
    this.#views.setAttribute('aria-label', 'projection');
    this.#views.hidden = true;
    this.#views.addEventListener('change', () => {
      this.#stale = true;
      this.#forget();
      this.#wake();
    });
    this.#palette.setAttribute('aria-label', 'colour palette');
    this.#palette.title = 'colours of the map';
    this.#palette.hidden = true;
    this.#palette.append(...PALETTES.map(([name]) => make('option', '', name)));
    this.#palette.addEventListener('change', () => this.#choosePalette());
    this.#tools.append(this.#views, this.#unzoom, this.#palette, ...this.#logButtons.values(), statistics);
    this.#tools.hidden = true;
    this.body.setAttribute('role', 'img');
    // JSROOT zooms on the release of the mouse; what it did is known after that.
    for (const event of ['pointerup', 'mouseup', 'dblclick']) {
      this.body.addEventListener(event, () => setTimeout(() => this.#showZoom(), 300));
    }
    const caption = make('figcaption', '', this.#title, this.#tools, this.#part);
    this.node.append(caption, this.#legend, make('div', 'rdf-live-stage', this.body, this.#words), this.#note);
  }

  /** There is something to draw. */
  get dirty(): boolean {
    return !this.#disposed && this.#plot !== null && (this.#stale || this.#resized || this.#jobs.length > 0);
  }

  /** Take a new plot, or say in words why there is none. */
  update(about: Pane, plot: Plot | undefined, otherwise: string): void {
    if (this.#shownTitle !== about.title) {
      this.#shownTitle = about.title;
      this.#title.replaceChildren(titleNodes(about.title));
    }
    this.#wish = { ...this.#wish, logx: about.logx, logy: about.logy };
    if (plot !== this.#plot && plot) {
      this.#plot = plot;
      this.#stale = true;
    }
    this.#fillViews();
    const shown = this.#plot;
    const empty = shown?.views.length === 0;
    if (empty) {
      this.#forget();
      this.#stale = false;
      this.#tools.hidden = true;
      setText(this.#words, shown.note ?? 'This result cannot be drawn.');
    } else if (!shown) setText(this.#words, otherwise);
    else if (!this.#drawn && !this.#failed) setText(this.#words, 'drawing');
    setText(this.#part, shown && shown.fraction < 1 ? percent(shown.fraction) : '');
    setAttribute(this.#part, 'title', 'the part of the data that this plot holds');
    setText(this.#note, empty ? '' : (shown?.note ?? ''));
    const told = shown ? `${amount(shown.entries)} entries, ${percent(shown.fraction)} of the data` : otherwise;
    setAttribute(this.body, 'aria-label', `${titleText(about.title) || 'plot'}: ${told}`);
    setAttribute(this.node, 'aria-label', titleText(about.title) || 'plot');
  }

  /** The node may have another size. */
  resized(): void {
    const size = `${this.body.clientWidth}x${this.body.clientHeight}`;
    if (this.#drawn && size !== this.#size && this.body.clientWidth > 0) this.#resized = true;
  }

  /** Draw what is new. Never throws: what cannot be drawn is said in words. */
  async draw(drawer: Drawer): Promise<void> {
    const view = this.#view;
    if (!view || this.#disposed) return;
    try {
      if (this.#resized && this.#drawn) await this.#drawn.resize();
      this.#resized = false;
      this.#size = `${this.body.clientWidth}x${this.body.clientHeight}`;
      if (this.#stale) {
        this.#stale = false;
        if (this.#drawn) await this.#drawn.update(view);
        else await this.#create(drawer, view);
        this.#showLegend();
      }
      for (const job of this.#jobs.splice(0)) if (this.#drawn) await job(this.#drawn);
      if (this.#disposed) this.#forget();
      else this.#showTools();
      this.#failed = false;
      setText(this.#words, '');
    } catch (error) {
      const known = error instanceof drawer.Refused;
      if (!known) console.warn('rdf-live: a plot could not be drawn', error);
      this.fail(known ? error.message : 'This plot could not be drawn; the console of the browser says why.');
    }
  }

  /** Say in words that there is no plot; the next update is tried again. */
  fail(sentence: string): void {
    this.#failed = true;
    this.#stale = this.#resized = false;
    this.#jobs.length = 0;
    this.#forget();
    this.#tools.hidden = true;
    setText(this.#words, sentence);
  }

  dispose(): void {
    this.#disposed = true;
    this.#forget();
  }

  get #view(): View | undefined {
    return this.#plot?.views[Math.max(0, this.#views.selectedIndex)] ?? this.#plot?.views[0];
  }

  async #create(drawer: Drawer, view: View): Promise<void> {
    this.#drawn = await drawer.Drawing.create(this.body, view, this.#wish);
  }

  #forget(): void {
    this.#drawn?.dispose();
    this.#drawn = null;
  }

  #later(job: (drawn: Drawn) => Promise<void>): void {
    this.#jobs.push(job);
    this.#wake();
  }

  #toggleLog(axis: Axis): void {
    const on = !this.#drawn?.logs[axis];
    this.#wish = { ...this.#wish, clicked: { ...this.#wish.clicked, [axis]: on } };
    this.#later((drawn) => drawn.setWish(this.#wish));
  }

  #choosePalette(): void {
    const palette = PALETTES[this.#palette.selectedIndex]?.[1];
    if (palette === undefined) return;
    this.#wish = { ...this.#wish, palette };
    this.#later((drawn) => drawn.setWish(this.#wish));
  }

  #showTools(): void {
    this.#tools.hidden = !this.#drawn;
    this.#palette.hidden = !this.#drawn?.colored;
    for (const [axis, node] of this.#logButtons) {
      node.hidden = !this.#drawn?.axes.includes(axis);
      node.setAttribute('aria-pressed', String(this.#drawn?.logs[axis] ?? false));
    }
    this.#showZoom();
  }

  #showZoom(): void {
    this.#unzoom.hidden = !this.#drawn?.zoomed;
  }

  #fillViews(): void {
    const names = this.#plot?.views.map((view) => view.name) ?? [];
    if (names.join('\n') === [...this.#views.options].map((option) => option.text).join('\n')) return;
    this.#views.replaceChildren(...names.map((name) => make('option', '', name)));
    this.#views.hidden = names.length < 2;
  }

  #showLegend(): void {
    const legend = this.#drawn?.legend ?? [];
    const key = JSON.stringify(legend);
    if (key === this.#shownLegend) return;
    this.#shownLegend = key;
    const rows = legend.map(({ name, color }) => {
      const swatch = make('span', 'rdf-live-swatch');
      swatch.style.background = color;
      return make('span', 'rdf-live-legend-row', swatch, titleNodes(name));
    });
    this.#legend.replaceChildren(...rows);
  }
}
