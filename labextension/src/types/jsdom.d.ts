// SPDX-License-Identifier: BSD-3-Clause
// The part of jsdom that the tests use.

declare module 'jsdom' {
  export class JSDOM {
    constructor(html: string, options?: { pretendToBeVisual?: boolean });
    readonly window: Window & typeof globalThis;
  }
}
