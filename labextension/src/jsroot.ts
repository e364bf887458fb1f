// SPDX-License-Identifier: BSD-3-Clause
// The only file that knows JSROOT. It is loaded when the first plot is drawn.

import { getRootColors } from 'jsroot/colors';
import { gStyle, parse, settings } from 'jsroot/core';
import { cleanup, draw, type Painter } from 'jsroot/draw';
import { clean, cleanOption, Refused } from './clean.js';
import type { View } from './frame.js';
import { alignY, COLORS, dress, FIRST_AREA, FIRST_COLOR, type Layer, legendOf, type Named, stacked } from './layers.js';
import { type Axis, chooseLogs, type Logs, type Wish } from './logs.js';

/** Something that cannot be drawn is thrown as this, with a sentence for the user. */
export { Refused };

configure();

function configure(): void {
  Object.assign(settings, {
    // Menus and the browser of objects put names of objects into the page as HTML, and read from the network.
    ContextMenu: false,
    ToolBar: false,
    DragAndDrop: false,
    // Keys and the wheel belong to the notebook; points of a graph to the one who measured them.
    HandleKeys: false,
    ZoomWheel: false,
    ZoomTouch: false,
    CanEnlarge: false,
    DragGraphs: false,
    AutoStat: false,
    TooltipAnimation: 0,
    ProgressBox: false,
    UseStamp: false,
    // Narrow panes have axes too.
    SmallPad: false,
    PreferSavedPoints: true,
    OptimizeDraw: 1,
    Latex: 2,
  });
  Object.assign(gStyle, {
    fOptTitle: 0,
    fOptStat: 1110,
    fStatBorderSize: 1,
    fStatFont: 42,
    fStatY: 0.95,
    fStatW: 0.32,
    fStatH: 0.2,
    fPadTickX: 1,
    fPadTickY: 1,
    fFrameLineWidth: 1,
    fEndErrorSize: 0,
  });
  // White and black become what the page has: a plot follows the theme without being drawn again.
  const colors = getRootColors();
  colors[0] = 'transparent';
  colors[1] = 'currentColor';
  COLORS.forEach((color, index) => {
    colors[FIRST_COLOR + index] = color;
    colors[FIRST_AREA + index] = `${color}38`;
  });
}

interface Contents {
  layers: Layer[];
  logs: Logs;
  legend: readonly Named[];
}

/** Read, check and dress the objects of a view, and choose its axes. The first layer draws them. */
function layersOf(view: View, wish: Wish, before: Logs | null): Contents {
  if (!view.objects.length) throw new Refused('There is nothing in this plot.');
  const own = view.objects.map((text, index) => read(text, view.options[index] ?? ''));
  const over = view.over.map((text, index) => read(text, view.overOptions[index] ?? 'e'));
  const stack = view.stack ? own.length : 0;
  const layers = [...(view.stack ? stacked(own) : own), ...over];
  dress(layers, stack, (index) => (index < stack ? stack - 1 - index : index));
  const logs = chooseLogs(layers, wish, before);
  alignY(layers, logs.y);
  const legend = legendOf(layers, stack, getRootColors());
  // The box with the statistics is that of the first layer: of a stack, of the whole sum.
  const boxed = legend.slice(0, Math.max(1, stack)).map(({ name }) => name);
  if (layers[0] && boxed.length) layers[0].object['fName'] = boxed.join(' + ');
  return {
    logs,
    legend,
    layers: layers.map((layer, index) => ({ ...layer, option: index ? optionOnTop(layer) : layer.option })),
  };
}

function read(text: string, option: string): Layer {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch {
    throw new Refused('The JSON of this object is damaged; run its cell again.');
  }
  const { object, kind } = clean(parsed);
  return { object, kind, option: cleanOption(option, kind) };
}

function optionOnTop({ kind, option }: Layer): string {
  return kind === 'graph' ? option.replaceAll('a', '') : `${option} same`;
}

/** So long a plot that does not come keeps the others waiting. */
const TURN_MS = 3000;
let turn: Promise<void> = Promise.resolve();

/** JSROOT takes the margins and the axes of a new plot from one style: one is drawn at a time, of all panels. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const done = turn.then(work);
  turn = turn.then(async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, TURN_MS);
    });
    await Promise.race([done.catch(() => undefined), late]);
    clearTimeout(timer);
  });
  return done;
}

/** One plot in one node. Updates keep the zoom and the log axes that the user chose. */
export class Drawing {
  readonly #node: HTMLElement;
  #view: View;
  #wish: Wish;
  #logs: Logs | null = null;
  #painters: Painter[] = [];
  #layers: Layer[] = [];
  /** Names and colours of the objects; empty for a single one. */
  legend: readonly Named[] = [];

  private constructor(node: HTMLElement, view: View, wish: Wish) {
    this.#node = node;
    this.#view = view;
    this.#wish = wish;
  }

  /** @throws Refused */
  static async create(node: HTMLElement, view: View, wish: Wish): Promise<Drawing> {
    const drawing = new Drawing(node, view, wish);
    await drawing.update(view);
    return drawing;
  }

  /** JSROOT's painters, the one of the axes first. */
  get painters(): readonly Painter[] {
    return this.#painters;
  }

  /** The axes that can be logarithmic. */
  get axes(): readonly Axis[] {
    return this.#layers[0]?.kind === 'map' ? ['x', 'y', 'z'] : ['x', 'y'];
  }

  /** It has colours that stand for numbers. */
  get colored(): boolean {
    return this.#layers[0]?.kind === 'map' && /col|cont/.test(this.#layers[0].option);
  }

  get logs(): Logs {
    return this.#logs ?? { x: false, y: false, z: false };
  }

  /** Show new values. @throws Refused */
  async update(view: View): Promise<void> {
    const { layers, logs, legend } = layersOf(view, this.#wish, this.#logs);
    this.#view = view;
    this.legend = legend;
    this.#logs = logs;
    const same =
      layers.length === this.#painters.length &&
      layers.every((layer, index) => {
        const old = this.#layers[index];
        return old?.object._typename === layer.object._typename && old.option === layer.option;
      });
    this.#applyLogs();
    this.#applyPalette();
    if (!same || !this.#replace(layers)) await inTurn(() => this.#draw(layers, logs));
    else await this.#pad?.redrawPad();
  }

  /** Another wish, for axes or colours. The range of y that fits all layers is another one on a logarithmic axis. */
  async setWish(wish: Wish): Promise<void> {
    this.#wish = wish;
    await this.update(this.#view);
  }

  get zoomed(): boolean {
    const frame = this.#frame;
    return Boolean(frame && (['x', 'y', 'z'] as const).some((axis) => frame.zoomChangedInteractive(axis)));
  }

  async unzoom(): Promise<void> {
    const frame = this.#frame;
    await frame?.unzoom('xyz');
    frame?.zoomChangedInteractive('reset');
    await this.#pad?.redrawPad();
  }

  async toggleStatistics(): Promise<void> {
    // One name, where several objects are in the plot.
    gStyle['fOptStat'] = 1110 + Number(this.#layers.length > 1);
    this.#painters[0]?.toggleStat?.();
    await this.#pad?.redrawPad();
  }

  /** The node has another size. */
  async resize(): Promise<void> {
    this.#applyMargins();
    await this.#pad?.redrawPad();
  }

  dispose(): void {
    cleanup(this.#node);
    this.#painters = [];
    this.#layers = [];
  }

  get #pad() {
    return this.#painters[0]?.getPadPainter() ?? null;
  }

  get #frame() {
    return this.#painters[0]?.getFramePainter() ?? null;
  }

  async #draw(layers: Layer[], logs: Logs): Promise<void> {
    cleanup(this.#node);
    this.#painters = [];
    this.#layers = layers;
    this.#node.dataset['kind'] = layers[0]?.kind ?? '';
    Object.assign(gStyle, this.#margins());
    Object.assign(gStyle, {
      fOptLogx: Number(logs.x),
      fOptLogy: Number(logs.y),
      fOptLogz: Number(logs.z),
    });
    for (const { object, option, kind } of layers) {
      const painter = await draw(this.#node, object, kind === 'map' ? `${option}${this.#paletteOption}` : option);
      if (painter) this.#painters.push(painter);
    }
  }

  #replace(layers: Layer[]): boolean {
    if (layers.length !== this.#painters.length) return false;
    const done = this.#painters.every((painter, index) => painter.updateObject(layers[index]?.object));
    if (done) this.#layers = layers;
    return done;
  }

  #applyLogs(): void {
    const pad = this.#pad?.getRootPad(true);
    if (!pad) return;
    pad.fLogx = Number(this.logs.x);
    pad.fLogy = Number(this.logs.y);
    pad.fLogz = Number(this.logs.z);
  }

  get #paletteOption(): string {
    return this.#wish.palette === undefined ? '' : ` pal${this.#wish.palette}`;
  }

  /** In place: drawn anew, the plot would lose its zoom. */
  #applyPalette(): void {
    const { palette } = this.#wish;
    if (palette === undefined || this.#layers[0]?.kind !== 'map') return;
    for (const painter of this.#painters) {
      if (!painter.options || painter.options['Palette'] === palette) continue;
      painter.options['Palette'] = palette;
      painter.getHistPalette?.(true);
    }
  }

  /** Room for the labels, which have the same size in every pane. */
  #margins() {
    const width = Math.max(200, this.#node.clientWidth);
    const height = Math.max(150, this.#node.clientHeight);
    const map = this.#layers[0]?.kind === 'map';
    return {
      fPadLeftMargin: 66 / width,
      fPadRightMargin: (map ? 78 : 16) / width,
      // Beside the scale of colours.
      fStatX: map ? 1 - 84 / width : 0.97,
      // Above the frame stands the power of ten of a linear axis.
      fPadTopMargin: 22 / height,
      fPadBottomMargin: 46 / height,
    };
  }

  #applyMargins(): void {
    const { fPadLeftMargin, fPadRightMargin, fPadTopMargin, fPadBottomMargin } = this.#margins();
    const pad = this.#pad?.getRootPad(true);
    const frame = this.#frame;
    if (!pad || !frame) return;
    Object.assign(pad, {
      fLeftMargin: fPadLeftMargin,
      fRightMargin: fPadRightMargin,
      fTopMargin: fPadTopMargin,
      fBottomMargin: fPadBottomMargin,
    });
    Object.assign(frame, {
      fX1NDC: fPadLeftMargin,
      fX2NDC: 1 - fPadRightMargin,
      fY1NDC: fPadBottomMargin,
      fY2NDC: 1 - fPadTopMargin,
    });
  }
}
