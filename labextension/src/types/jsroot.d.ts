// SPDX-License-Identifier: BSD-3-Clause
// The part of JSROOT that is used here.

declare module 'jsroot/core' {
  export const settings: Record<string, unknown>;
  export const gStyle: Record<string, unknown>;
  export function parse(json: string): unknown;
}

declare module 'jsroot/colors' {
  /** Colours by ROOT's index, as CSS; changing it changes them. */
  export function getRootColors(): string[];
}

declare module 'jsroot/draw' {
  export interface Pad {
    fLogx: number;
    fLogy: number;
    fLogz: number;
    fLeftMargin: number;
    fRightMargin: number;
    fTopMargin: number;
    fBottomMargin: number;
  }
  export interface FramePainter {
    fX1NDC: number;
    fX2NDC: number;
    fY1NDC: number;
    fY2NDC: number;
    zoom_xmin?: number;
    zoom_xmax?: number;
    zoom_ymin?: number;
    zoom_ymax?: number;
    zoom(xmin: number, xmax: number, ymin?: number, ymax?: number): Promise<boolean>;
    unzoom(axes: string): Promise<boolean>;
    zoomChangedInteractive(axis: string, value?: boolean): boolean | undefined;
  }
  export interface PadPainter {
    getRootPad(force?: boolean): Pad | null;
    redrawPad(): Promise<unknown>;
  }
  export interface Painter {
    updateObject(object: unknown, option?: string): boolean;
    getPadPainter(): PadPainter | null;
    getFramePainter(): FramePainter | null;
    toggleStat?(): unknown;
    /** Of histograms; Palette 0: the default. */
    readonly options: Record<string, unknown> | null;
    /** With `force` made anew, of what the options say now. */
    getHistPalette?(force: boolean): unknown;
    redraw(): unknown;
  }
  export function draw(node: HTMLElement, object: unknown, option: string): Promise<Painter | null>;
  export function resize(node: HTMLElement): unknown;
  export function cleanup(node: HTMLElement): unknown;
}
