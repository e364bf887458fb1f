// SPDX-License-Identifier: BSD-3-Clause
// JSROOT itself, in jsdom: what is drawn, updated in place, and taken away again.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readFrame, type View } from '../src/frame.js';
import { Drawing, Refused } from '../src/jsroot.js';
import type { Wish } from '../src/logs.js';
import type { Drawer } from '../src/pane.js';
import { Panel } from '../src/panel.js';
import { bundle, NASTY, pane, plot } from './bundles.js';
import { place, sized } from './page.js';

const drawer: Drawer = {
  Refused,
  Drawing: { create: (node, shown, wanted) => Drawing.create(sized(node), shown, wanted) },
};
const wish: Wish = { logx: false, logy: false, clicked: {} };
const examples = new URL('../../../tests/panel/valid/', import.meta.url);

const axis = (bins: number, name: string, title = '') => ({
  _typename: 'TAxis',
  fUniqueID: 0,
  fBits: 0,
  fName: name,
  fTitle: title,
  fNbins: bins,
  fXmin: 0,
  fXmax: 10,
  fXbins: [],
  fFirst: 0,
  fLast: 0,
  fBits2: 0,
  fTimeDisplay: false,
  fTimeFormat: '',
  fLabels: null,
  fModLabs: null,
  fNdivisions: 510,
  fAxisColor: 1,
  fLabelColor: 1,
  fLabelFont: 42,
  fLabelOffset: 0.005,
  fLabelSize: 0.035,
  fTickLength: 0.03,
  fTitleOffset: 1,
  fTitleSize: 0.035,
  fTitleColor: 1,
  fTitleFont: 42,
});

function histogram(name: string, contents: number[], changes: Record<string, unknown> = {}): string {
  const map = name.startsWith('TH2');
  const bins = map ? Math.sqrt(contents.length) - 2 : contents.length - 2;
  return JSON.stringify({
    _typename: name,
    fUniqueID: 0,
    fBits: 8,
    fName: 'h',
    fTitle: 'h',
    fLineColor: 602,
    fLineStyle: 1,
    fLineWidth: 1,
    fFillColor: 0,
    fFillStyle: 1001,
    fMarkerColor: 1,
    fMarkerStyle: 1,
    fMarkerSize: 1,
    fNcells: contents.length,
    fXaxis: axis(bins, 'xaxis', 'x'),
    fYaxis: axis(map ? bins : 1, 'yaxis', 'y'),
    fZaxis: axis(1, 'zaxis'),
    fBarOffset: 0,
    fBarWidth: 1000,
    fEntries: 9,
    fTsumw: 9,
    fTsumw2: 9,
    fTsumwx: 30,
    fTsumwx2: 200,
    fTsumwy: 0,
    fTsumwy2: 0,
    fTsumwxy: 0,
    fMaximum: -1111,
    fMinimum: -1111,
    fNormFactor: 0,
    fContour: [],
    fSumw2: contents,
    fOption: '',
    fFunctions: { _typename: 'TList', name: 'TList', arr: [], opt: [] },
    fBufferSize: 0,
    fBuffer: [],
    fBinStatErrOpt: 0,
    fStatOverflows: 2,
    fArray: contents,
    fBinEntries: contents.map(() => 2),
    fErrorMode: 0,
    fYmin: 0,
    fYmax: 0,
    fScalefactor: 1,
    ...changes,
  });
}

const graph = (y: number[]) =>
  JSON.stringify({
    _typename: 'TGraph',
    fUniqueID: 0,
    fBits: 1024,
    fName: 'g',
    fTitle: 'g',
    fLineColor: 1,
    fLineStyle: 1,
    fLineWidth: 1,
    fFillColor: 0,
    fFillStyle: 1000,
    fMarkerColor: 1,
    fMarkerStyle: 20,
    fMarkerSize: 1,
    fNpoints: y.length,
    fX: y.map((_, i) => 4 * i),
    fY: y,
    fFunctions: { _typename: 'TList', name: 'TList', arr: [], opt: [] },
    fHistogram: null,
    fMinimum: -1111,
    fMaximum: -1111,
    fOption: '',
  });

const view = (objects: string[], options: string[], more: Partial<View> = {}): View => ({
  name: '',
  stack: false,
  objects,
  options,
  over: [],
  overOptions: [],
  ...more,
});

const square = (value: number) => Array.from({ length: 25 }, (_, i) => (i % 7) * value);
const CASES: Record<string, (scale: number) => View> = {
  TH1: (k) => view([histogram('TH1D', [0, k, 2 * k, 3 * k, 0])], ['hist']),
  'TH1 with errors': (k) => view([histogram('TH1D', [0, k, 2 * k, 3 * k, 0])], ['e']),
  TProfile: (k) => view([histogram('TProfile', [0, k, 2 * k, 3 * k, 0])], ['e']),
  TH2: (k) => view([histogram('TH2D', square(k))], ['colz']),
  TGraph: (k) => view([graph([k, 2 * k, 1])], ['AP']),
  overlay: (k) => view([histogram('TH1D', [0, k, 1, 1, 0]), histogram('TH1D', [0, 1, 5 * k, 1, 0])], ['hist', 'hist']),
  stack: (k) =>
    view([histogram('TH1D', [0, k, 1, 1, 0]), histogram('TH1D', [0, 1, k, 1, 0])], ['hist', 'hist'], {
      stack: true,
      over: [histogram('TH1D', [0, 3, k, 1, 0])],
      overOptions: ['e'],
    }),
};

/** What a user has done to the axes, as JSROOT keeps it. */
function framesOf(drawing: Drawing) {
  const frame = drawing.painters[0]?.getFramePainter();
  const pad = drawing.painters[0]?.getPadPainter()?.getRootPad(true);
  assert.ok(frame && pad);
  return { frame, pad };
}

for (const [name, make] of Object.entries(CASES)) {
  test(`${name}: an update changes the drawing in place and keeps zoom and log axes`, async () => {
    const node = place();
    const drawing = await Drawing.create(node, make(10), wish);
    const painters = [...drawing.painters];
    const { frame } = framesOf(drawing);
    await drawing.setWish({ ...wish, clicked: { x: true } });
    await frame.zoom(2, 6);
    frame.zoomChangedInteractive('x', true);
    const svg = node.querySelector('svg');
    const before = node.innerHTML;
    await drawing.update(make(20));
    assert.deepEqual(drawing.painters, painters);
    assert.equal(node.querySelector('svg'), svg);
    assert.notEqual(node.innerHTML, before);
    const after = framesOf(drawing);
    assert.deepEqual([after.frame.zoom_xmin, after.frame.zoom_xmax], [2, 6]);
    assert.equal(after.pad.fLogx, 1);
    assert.equal(drawing.zoomed, true);
    await drawing.unzoom();
    assert.equal(drawing.zoomed, false);
    assert.equal(framesOf(drawing).pad.fLogx, 1);
    drawing.dispose();
    assert.equal(node.childNodes.length, 0);
  });
}

test('another palette colours the map in place, and stays over updates and a new drawing', async () => {
  const node = place();
  const map = CASES['TH2'] as (scale: number) => View;
  const drawing = await Drawing.create(node, map(1), wish);
  assert.equal(drawing.colored, true);
  const fills = () => new Set([...node.querySelectorAll('path')].map((path) => path.getAttribute('fill')));
  const before = fills();
  const painters = [...drawing.painters];
  const { frame } = framesOf(drawing);
  await frame.zoom(2, 6);
  frame.zoomChangedInteractive('x', true);
  await drawing.setWish({ ...wish, palette: 52 });
  assert.deepEqual(drawing.painters, painters);
  assert.equal(framesOf(drawing).frame.zoom_xmin, 2);
  const grey = fills();
  assert.notDeepEqual(grey, before);
  await drawing.update(map(2));
  assert.deepEqual(fills(), grey);
  await drawing.unzoom();
  const whole = fills();
  await drawing.update(view([histogram('TH1D', [0, 1, 2, 0])], ['hist']));
  assert.equal(drawing.colored, false);
  await drawing.update(map(1));
  assert.deepEqual(fills(), whole);
  await drawing.setWish({ ...wish, palette: 57 });
  assert.notDeepEqual(fills(), whole);
  drawing.dispose();
});

test('another kind of object is drawn anew, statistics come and go, a size is taken', async () => {
  const node = place();
  const drawing = await Drawing.create(node, CASES['TH1']?.(1) as View, wish);
  await drawing.toggleStatistics();
  assert.match(node.textContent ?? '', /Entries/);
  await drawing.update(CASES['TH1']?.(2) as View);
  assert.match(node.textContent ?? '', /Entries/);
  await drawing.toggleStatistics();
  assert.doesNotMatch(node.textContent ?? '', /Entries/);
  await drawing.update(CASES['TH2']?.(1) as View);
  assert.deepEqual(drawing.axes, ['x', 'y', 'z']);
  await drawing.resize();
  assert.equal(node.dataset['kind'], 'map');
  drawing.dispose();
});

test('a stack and what is over it have a legend in the order of the view', async () => {
  const node = place();
  const names = ['a', 'b', 'data'];
  const [first, second, data] = names.map((fTitle) => histogram('TH1D', [0, 1, 2, 0], { fTitle })) as [
    string,
    string,
    string,
  ];
  const drawing = await Drawing.create(
    node,
    view([first, second], ['hist', 'hist'], { stack: true, over: [data] }),
    wish,
  );
  assert.deepEqual(
    drawing.legend.map(({ name }) => name),
    names,
  );
  assert.deepEqual(new Set(drawing.legend.map(({ color }) => color)).size, 3);
  drawing.dispose();
});

test('the box with the statistics says whose it is where several are drawn, and has the numbers of a whole stack', async () => {
  const [first, second, data] = ['mc1', 'mc2', 'data'].map((fName, k) =>
    histogram('TH1D', [0, 1, 2, 0], { fName, fTitle: '', fTsumwx: 9 * (k + 1) }),
  ) as [string, string, string];
  const texts = async (shown: View) => {
    const node = place();
    const drawing = await Drawing.create(node, shown, wish);
    await drawing.toggleStatistics();
    const found = node.textContent ?? '';
    const names = drawing.legend.map(({ name }) => name);
    drawing.dispose();
    return [found, ...names];
  };
  const stack = await texts(view([first, second], ['hist', 'hist'], { stack: true, over: [data] }));
  assert.match(stack[0] ?? '', /mc1 \+ mc2.*Entries.*18.*Mean.*1\.5/);
  assert.deepEqual(stack.slice(1), ['mc1', 'mc2', 'data']);
  assert.match((await texts(view([data, first], ['hist', 'hist'])))[0] ?? '', /data.*Entries.*9/);
  assert.doesNotMatch((await texts(view([data], ['hist'])))[0] ?? '', /data/);
});

test('titles and names that would do harm do none', async () => {
  for (const nasty of NASTY) {
    const node = place();
    const labels = {
      _typename: 'THashList',
      name: 'THashList',
      arr: [{ _typename: 'TObjString', fUniqueID: 1, fString: nasty }],
      opt: [''],
    };
    const object = histogram('TH1D', [0, 1, 2, 3, 0], {
      fName: nasty,
      fTitle: nasty,
      fXaxis: { ...axis(3, nasty, nasty), fLabels: labels },
      fYaxis: axis(1, nasty, nasty),
    });
    const drawing = await Drawing.create(node, view([object], ['hist']), wish);
    await drawing.toggleStatistics();
    await drawing.update(view([object, object], ['hist', 'e']));
    assert.equal(node.querySelectorAll('script, img, foreignObject, iframe, a, image').length, 0, nasty);
    for (const element of node.querySelectorAll('*')) {
      assert.deepEqual(
        element.getAttributeNames().filter((name) => name.startsWith('on')),
        [],
      );
    }
    assert.equal(document.querySelectorAll('script').length, 0, 'nothing is loaded for it');
    drawing.dispose();
  }
  assert.equal('harm' in globalThis, false);
});

test('what is no plot is refused with a sentence', async () => {
  const node = place();
  const texts = [
    '',
    'x',
    '{}',
    '[]',
    'null',
    '{"_typename":"TF1","fTitle":"alert(1)"}',
    '{"$arr":"Float64","len":1e15}',
  ];
  for (const text of texts) await assert.rejects(Drawing.create(node, view([text], ['']), wish), Refused, text);
  await assert.rejects(Drawing.create(node, view([], []), wish), Refused);
});

test('many updates of many plots leave nothing behind', async () => {
  const { gc } = globalThis as { gc?: () => void };
  assert.ok(gc, 'run node with --expose-gc');
  const drawings: Drawing[] = [];
  const kinds = Object.values(CASES);
  for (let i = 0; i < 14; i++) {
    drawings.push(await Drawing.create(place(), kinds[i % kinds.length]?.(1) as View, wish));
  }
  const round = async (k: number) => {
    for (const [i, drawing] of drawings.entries()) await drawing.update(kinds[i % kinds.length]?.(k) as View);
  };
  const heap = () => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  for (let k = 2; k < 7; k++) await round(k);
  const before = heap();
  const nodes = document.querySelectorAll('*').length;
  for (let k = 7; k < 17; k++) await round(k);
  // A leak of one object of an update would be 14 x 10 x 20 kB.
  assert.ok(heap() - before < 2e6, `the heap grew by ${heap() - before} bytes`);
  assert.ok(document.querySelectorAll('*').length < 1.2 * nodes);
  for (const drawing of drawings) drawing.dispose();
});

for (const file of readdirSync(examples).filter((name) => name.endsWith('.json'))) {
  test(`the example ${file} is drawn`, async () => {
    const data = JSON.parse(readFileSync(new URL(file, examples), 'utf8'));
    const panel = new Panel({
      load: async () => drawer,
      visible: () => {},
      send: () => true,
      interrupt: () => {},
      busy: () => false,
    });
    place().append(panel.node);
    assert.equal(panel.show(data), true);
    await panel.grid.idle();
    const frame = readFrame(data);
    const figures = panel.node.querySelectorAll('figure');
    assert.equal(figures.length, frame.panes.length);
    for (const [index, { views }] of frame.plots) {
      const figure = figures[index] as HTMLElement;
      assert.equal(figure.querySelector('.rdf-live-plot svg') !== null, views.length > 0);
      assert.equal(figure.querySelector('.rdf-live-words')?.textContent === '', views.length > 0);
    }
    panel.dispose();
  });
}

test('a pane without plot or with an empty one still says something', async () => {
  const panel = new Panel({
    load: async () => drawer,
    visible: () => {},
    send: () => true,
    interrupt: () => {},
    busy: () => false,
  });
  place().append(panel.node);
  panel.show(bundle({ panes: [pane('a'), pane('b')], plots: { 1: plot({ views: [] }) } }));
  await panel.grid.idle();
  const words = [...panel.node.querySelectorAll('.rdf-live-words')].map((node) => node.textContent);
  assert.deepEqual(words, ['no values yet', 'This result cannot be drawn.']);
  panel.dispose();
});

test('plots that are drawn at the same time have margins and axes of their own', async () => {
  const wishes = [false, true, false].map((logy) => ({ ...wish, logy }));
  const widths = [300, 900, 450];
  const drawings = await Promise.all(
    wishes.map((wanted, i) => {
      const node = sized(place());
      Object.defineProperty(node, 'clientWidth', { value: widths[i], configurable: true });
      return Drawing.create(node, CASES['TH1']?.(i + 1) as View, wanted);
    }),
  );
  for (const [i, drawing] of drawings.entries()) {
    const pad = drawing.painters[0]?.getPadPainter()?.getRootPad(true);
    assert.equal(pad?.fLogy, Number(wishes[i]?.logy));
    assert.ok(Math.abs(Number(pad?.fLeftMargin) - 66 / Number(widths[i])) < 1e-9, `${pad?.fLeftMargin}`);
    drawing.dispose();
  }
});

test('axes without a width, as long as nothing was filled, are drawn', async () => {
  const none = (bins: number, name: string) => ({ ...axis(bins, name), fXmin: 0, fXmax: 0 });
  for (const object of [
    histogram('TH1D', [0, 0, 0, 0, 0], { fEntries: 0, fXaxis: none(3, 'xaxis') }),
    histogram('TH2D', square(0), { fEntries: 0, fXaxis: none(3, 'xaxis'), fYaxis: none(3, 'yaxis') }),
  ]) {
    const node = place();
    const drawing = await Drawing.create(node, view([object], ['']), wish);
    assert.ok(node.querySelector('svg'));
    assert.doesNotMatch(node.innerHTML, /NaN|Infinity/);
    drawing.dispose();
  }
});
