// SPDX-License-Identifier: BSD-3-Clause
// What somebody wishes for a plot, and which axes are logarithmic: as the reader clicked, else as was asked for, else as bins and contents suggest. The
// suggestions are those of the picture (rdf_live/view/panes.py and plane.py). Pure.

import type { RootObject } from './clean.js';
import { type Layer, numbers } from './layers.js';

export type Axis = 'x' | 'y' | 'z';
export type Logs = Readonly<Record<Axis, boolean>>;

export interface Wish {
  /** Of the one who made the panel; on a map, logy means the colours. null: choose. */
  readonly logx: boolean | null;
  readonly logy: boolean | null;
  /** Of the one who looks at it. */
  readonly clicked: Readonly<Partial<Record<Axis, boolean>>>;
  /** Colours of a map, by ROOT's number; also of the one who looks at it. */
  readonly palette?: number;
}

/** A choice of ours that was made once is kept: `before` holds what is shown now. */
export function chooseLogs(layers: readonly Layer[], wish: Wish, before: Logs | null = null): Logs {
  const { clicked, logx, logy } = wish;
  const main = layers[0];
  const map = main?.kind === 'map';
  const x = () => before?.x || (main !== undefined && main.kind !== 'graph' && widening(main.object['fXaxis']));
  const height = (axis: Axis) => before?.[axis] || steep(layers);
  return {
    x: clicked.x ?? logx ?? x(),
    y: clicked.y ?? (map ? false : (logy ?? height('y'))),
    z: map ? (clicked.z ?? logy ?? height('z')) : false,
  };
}

/** Bins of different widths over more than a decade and a half. */
function widening(axis: unknown): boolean {
  const { fXbins, fXmin, fXmax } = (axis ?? {}) as Record<string, unknown>;
  const low = Number(fXmin);
  return numbers(fXbins).length > 2 && low > 0 && Number(fXmax) > 50 * low;
}

/** A few bins stand so far above all others that these would look flat. */
function steep(layers: readonly Layer[]): boolean {
  const main = layers[0];
  if (!main || layers.some((layer) => layer.kind === 'profile' || layer.kind === 'graph')) return false;
  const filled: number[] = [];
  for (const layer of layers) {
    for (const value of inside(layer)) {
      if (value < 0) return false;
      if (value > 0) filled.push(value);
    }
  }
  filled.sort((a, b) => a - b);
  const median = filled[Math.floor(filled.length / 2)];
  return median !== undefined && (filled.at(-1) ?? 0) > (main.kind === 'map' ? 100 : 40) * median;
}

/** What is drawn: without the cells for what lies outside of the axes. */
function* inside({ object, kind }: Layer): Generator<number> {
  const values = numbers(object['fArray']);
  const bins = (axis: unknown) => Number((axis as RootObject | undefined)?.['fNbins'] ?? 0);
  const across = bins(object['fXaxis']);
  const rows = kind === 'map' ? bins(object['fYaxis']) : 1;
  const first = kind === 'map' ? across + 2 : 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 1; column <= across; column++) yield values[first + row * (across + 2) + column] ?? 0;
  }
}
