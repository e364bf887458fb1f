// SPDX-License-Identifier: BSD-3-Clause
// Updates of a panel, for tests.

/** An update as the kernel sends it; what is given replaces the usual. */
export function bundle(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: 1,
    panel: 'a1b2c3d4e5f6',
    frame: 1,
    run: run(),
    progress: progress(),
    marks: [
      [1, 3],
      [0.4, 1],
      [0, 12],
    ],
    marks_per: 1,
    failures: [],
    failures_total: 0,
    panes: [pane('z')],
    columns: null,
    plots: {},
    numbers: [],
    reports: [],
    final: false,
    ...changes,
  };
}

export function run(changes: Record<string, unknown> = {}) {
  return { id: '0f', name: 'z', state: 'running', blocking: false, time: 1.79e9, message: null, ...changes };
}

export function progress(changes: Record<string, unknown> = {}) {
  return {
    fraction: 0.31,
    entries: 1_234_567,
    entries_total: 4_000_000,
    total_is_estimate: false,
    rate: 1.1e6,
    elapsed_s: 3.1,
    eta_s: 5.2,
    workers: 4,
    ranges: 16,
    waiting: 9,
    running: 4,
    committed: 3,
    failed: 0,
    waiting_for: '',
    ...changes,
  };
}

export function pane(title: string) {
  return { title, logx: null, logy: null };
}

export function plot(changes: Record<string, unknown> = {}) {
  return { entries: 1000, fraction: 0.31, note: null, views: [view(['{}'])], ...changes };
}

export function view(objects: string[], changes: Record<string, unknown> = {}) {
  return { name: '', stack: false, objects, options: objects.map(() => ''), ...changes };
}

/** Texts that would do harm as markup, and some that only look odd. */
export const NASTY = [
  '<script>globalThis.harm = 1</script>',
  '<img src=x onerror="globalThis.harm = 1">',
  'a & b &lt; c',
  '"quoted" \'twice\'',
  '\u03b7 \u2192 \u{1f600} \u202e',
  'm_{#mu#mu} [GeV]',
  '\\frac{1}{2} \\alpha',
  '#frac{',
  '#{}{}}}{_{^{',
  '#url[javascript:globalThis.harm=1]{here}',
  'p_{T} #bf{##url[https://example.org]{x}} #URL[y]{z}',
];
