// SPDX-License-Identifier: BSD-3-Clause
// From the objects of a view to what is drawn on each other: stacks summed, colours chosen, one range of y for all.

import { type Kind, Refused, type RootObject } from './clean.js';

export interface Layer {
  readonly object: RootObject;
  readonly kind: Kind;
  readonly option: string;
}

export interface Named {
  readonly name: string;
  readonly color: string;
}

/** Sums over all entries, of which the box with the statistics makes mean and standard deviation. */
const MOMENTS = ['fEntries', 'fTsumw', 'fTsumw2', 'fTsumwx', 'fTsumwx2'];

/** Told apart by everyone's eyes, on white and on black; the same as in rdf_live/view/picture.py. */
export const COLORS = ['#3f90da', '#ffa90e', '#bd1f01', '#832db6', '#2f7d6b', '#b9ac70'];
/** Where they stand in JSROOT's list of colours, and behind them the same ones for areas. */
export const FIRST_COLOR = 3000;
export const FIRST_AREA = 3100;
/** What ROOT gives an object for which nobody chose a colour. */
const UNCHOSEN = new Set([0, 1, 602]);
const NO_LIMIT = -1111;

/** Sum the layers of a stack: the first lies at the bottom, and is drawn last, over the sums that hold it. */
export function stacked(layers: readonly Layer[]): Layer[] {
  const sums: Layer[] = [];
  let below: Layer | null = null;
  for (const layer of layers) {
    if (layer.kind !== 'hist') throw new Refused(`Got a ${layer.object._typename} in a stack, expected histograms.`);
    if (below) add(layer.object, below.object);
    below = { ...layer, option: 'hist' };
    sums.unshift(below);
  }
  return sums;
}

function add(to: RootObject, from: RootObject): void {
  const mine = numbers(to['fArray']);
  const other = numbers(from['fArray']);
  if (mine.length !== other.length) {
    throw new Refused(
      `Got histograms of ${mine.length - 2} and ${other.length - 2} bins in a stack, expected the same.`,
    );
  }
  for (const axis of ['fXaxis', 'fYaxis']) {
    if (!sameAxis(to[axis], from[axis])) {
      throw new Refused('Got histograms of different axes in a stack, expected the same bins in all; book them alike.');
    }
  }
  // A sum may be larger than what an array of ROOT's short types holds.
  to['fArray'] = Array.from(mine, (value, i) => value + (other[i] ?? 0));
  const errors = numbers(to['fSumw2']);
  const others = numbers(from['fSumw2']);
  if (errors.length || others.length) {
    const squares = (own: ArrayLike<number>, contents: ArrayLike<number>, i: number) => own[i] ?? contents[i] ?? 0;
    to['fSumw2'] = Array.from(mine, (_, i) => squares(errors, mine, i) + squares(others, other, i));
  }
  for (const name of MOMENTS) to[name] = Number(to[name] ?? 0) + Number(from[name] ?? 0);
}

/** The same bins, but for rounding, of the same names. */
function sameAxis(one: unknown, other: unknown): boolean {
  const [a, b] = [edges(one), edges(other)];
  const [low = 0, high = 0] = a;
  const [mine, others] = [labels(one), labels(other)];
  return (
    a.length === b.length &&
    a.every((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) <= 1e-9 * (high - low)) &&
    [...mine].every(([bin, name]) => (others.get(bin) ?? name) === name)
  );
}

/** Ends of an axis, and all edges if its bins have different widths. */
function edges(axis: unknown): number[] {
  const { fXmin, fXmax, fXbins } = (axis ?? {}) as Record<string, unknown>;
  return [Number(fXmin), Number(fXmax), ...Array.from(numbers(fXbins))];
}

/** Names of bins by their numbers. They come in the order in which they were filled first. */
function labels(axis: unknown): Map<unknown, unknown> {
  const found = (axis as { fLabels?: { arr?: unknown } } | null | undefined)?.fLabels?.arr;
  const rows: Record<string, unknown>[] = Array.isArray(found) ? found : [];
  return new Map(rows.map((row) => [row?.['fUniqueID'], row?.['fString']]));
}

/** Colours, fonts and line widths, where nobody chose others. In place. */
export function dress(layers: readonly Layer[], stack: number, color: (layer: number) => number = (n) => n): void {
  layers.forEach((layer, index) => {
    const { object, kind, option } = layer;
    const framed = kind === 'graph' ? ((object['fHistogram'] ?? {}) as Record<string, unknown>) : object;
    dressAxis(framed['fXaxis'], 1.3);
    dressAxis(framed['fYaxis'], 2.35);
    dressAxis(framed['fZaxis'], 1);
    if (kind === 'map') return;
    const own = color(index) % COLORS.length;
    const points = /[ep]/.test(option.replace('hist', ''));
    const over = stack > 0 && index >= stack;
    const line = over ? 1 : FIRST_COLOR + own;
    if (unchosen(object, 'fLineColor')) object['fLineColor'] = line;
    if (unchosen(object, 'fMarkerColor')) object['fMarkerColor'] = line;
    if (points && object['fMarkerStyle'] === 1) Object.assign(object, { fMarkerStyle: 20, fMarkerSize: 0.7 });
    if (!points && object['fLineWidth'] === 1) object['fLineWidth'] = 2;
    if (kind === 'hist' && !points && object['fFillColor'] === 0 && (layers.length === 1 || index < stack)) {
      object['fFillColor'] = index < stack ? Number(object['fLineColor']) : FIRST_AREA + own;
      object['fFillStyle'] = 1001;
    }
  });
}

function unchosen(object: RootObject, name: string): boolean {
  return UNCHOSEN.has(Number(object[name]));
}

function dressAxis(axis: unknown, offset: number): void {
  if (typeof axis !== 'object' || axis === null) return;
  // Sizes from one on are pixels: the same in a small pane and in a large one.
  const sizes = { fLabelSize: 12, fTitleSize: 13, fTickLength: 0.015, fLabelOffset: 0.008, fTitleOffset: offset };
  Object.assign(axis, { fLabelFont: 42, fTitleFont: 42, ...sizes });
}

/** Name and colour of each layer, in the order of the view; none for a single one. */
export function legendOf(layers: readonly Layer[], stack: number, colors: readonly string[]): Named[] {
  if (layers.length < 2) return [];
  const ordered = [...layers.slice(0, stack).reverse(), ...layers.slice(stack)].map((layer) => layer.object);
  const titles = ordered.map((object) => String(object['fTitle'] ?? ''));
  const told = new Set(titles.filter(Boolean)).size === titles.length;
  return ordered.map((object, index) => ({
    name: (told ? titles[index] : String(object['fName'] ?? '')) ?? '',
    color: colors[Number(object['fLineColor'])] ?? 'currentColor',
  }));
}

/** One range of y for all layers, set on the first, which draws the axes. In place. */
export function alignY(layers: readonly Layer[], logy: boolean): void {
  const main = layers[0];
  if (!main || layers.length < 2 || layers.some((layer) => layer.kind === 'map')) return;
  if (main.object['fMaximum'] !== NO_LIMIT || main.object['fMinimum'] !== NO_LIMIT) return;
  let [low, high, least] = [0, 0, Number.POSITIVE_INFINITY];
  for (const layer of layers) {
    for (const [value, error] of points(layer)) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value - error);
      high = Math.max(high, value + error);
      if (value > 0) least = Math.min(least, value);
    }
  }
  if (high <= low) return;
  if (logy && !Number.isFinite(least)) return;
  main.object['fMaximum'] = logy ? 2 * high : high + 0.07 * (high - low);
  main.object['fMinimum'] = logy ? 0.5 * least : low < 0 ? low - 0.07 * (high - low) : 0;
}

/** Values and errors of what is inside of the axes. */
function* points({ object, kind, option }: Layer): Generator<readonly [value: number, error: number]> {
  if (kind === 'graph') {
    const y = numbers(object['fY']);
    const errors = numbers(object['fEYhigh'] ?? object['fEY']);
    for (let i = 0; i < Number(object['fNpoints']); i++) yield [y[i] ?? 0, errors[i] ?? 0];
    return;
  }
  const values = numbers(object['fArray']);
  const squares = numbers(object['fSumw2']);
  const counts = numbers(object['fBinEntries']);
  const withErrors = /e/.test(option);
  for (let i = 1; i < values.length - 1; i++) {
    const value = values[i] ?? 0;
    if (kind === 'profile') {
      const count = counts[i] ?? 0;
      if (!count) continue;
      const mean = value / count;
      const spread = Math.sqrt(Math.max(0, (squares[i] ?? 0) / count - mean * mean));
      yield [mean, spread / Math.sqrt(count)];
    } else yield [value, withErrors ? Math.sqrt(Math.abs(squares[i] ?? value)) : 0];
  }
}

/** An array of ROOT, whatever its type. */
export function numbers(value: unknown): ArrayLike<number> {
  return Array.isArray(value) || ArrayBuffer.isView(value) ? (value as unknown as ArrayLike<number>) : [];
}
