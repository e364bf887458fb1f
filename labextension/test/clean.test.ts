// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clean, cleanOption, type Kind, Refused, type RootObject } from '../src/clean.js';
import { alignY, dress, FIRST_COLOR, type Layer, stacked } from '../src/layers.js';
import { chooseLogs, type Wish } from '../src/logs.js';

const axis = (bins: number, more = {}) => ({
  _typename: 'TAxis',
  fNbins: bins,
  fXmin: 0,
  fXmax: 10,
  fXbins: [],
  ...more,
});

function th1(contents: number[], more: Record<string, unknown> = {}): RootObject {
  const limits = { fMinimum: -1111, fMaximum: -1111 };
  const looks = { fLineColor: 602, fMarkerColor: 1, fFillColor: 0, fLineWidth: 1, fMarkerStyle: 1 };
  const arrays = { fArray: [0, ...contents, 0], fSumw2: [], fEntries: 5 };
  return { _typename: 'TH1D', fXaxis: axis(contents.length), fYaxis: axis(1), ...limits, ...looks, ...arrays, ...more };
}

const layer = (object: RootObject, kind: Kind = 'hist', option = 'hist'): Layer => ({ object, kind, option });
const wish: Wish = { logx: null, logy: null, clicked: {} };

test('histograms, profiles and graphs pass, nothing else', () => {
  assert.equal(clean(th1([1, 2])).kind, 'hist');
  assert.equal(clean({ ...th1([1, 2]), _typename: 'TProfile' }).kind, 'profile');
  const map = { ...th1([]), _typename: 'TH2F', fXaxis: axis(1), fYaxis: axis(2), fArray: new Float32Array(12) };
  assert.equal(clean(map).kind, 'map');
  assert.equal(clean({ _typename: 'TGraphErrors', fNpoints: 1, fX: [1], fY: [2] }).kind, 'graph');
  const others = [
    'TF1',
    'TCanvas',
    'TMathText',
    'TGeoVolume',
    'TH3D',
    'TH2Poly',
    'TTree',
    'TExec',
    'TGraph2D',
    'TH1',
    '',
  ];
  for (const name of others) assert.throws(() => clean({ ...th1([1]), _typename: name }), Refused, name);
  for (const odd of [null, 7, 'x', [], {}, { _typename: 7 }]) assert.throws(() => clean(odd), Refused);
});

test('objects that do not fit their axes are refused', () => {
  assert.throws(() => clean(th1([1], { fArray: [0] })), /got a histogram with 1 cells, expected 3/i);
  assert.throws(() => clean(th1([1], { fXaxis: null })), Refused);
  assert.throws(() => clean(th1([], { fXaxis: axis(1e9) })), Refused);
  assert.throws(() => clean({ _typename: 'TGraph', fNpoints: 1e9, fX: [1], fY: [1] }), Refused);
});

test('what could run code or load something is taken out', () => {
  const list = { _typename: 'TList', arr: [{ _typename: 'TF1', fTitle: 'alert(1)' }], opt: [''], Add: () => {} };
  const labels = { _typename: 'THashList', arr: [{ _typename: 'TObjString', fString: 'a\\b' }] };
  const object = th1([1], {
    fFunctions: list,
    fTitle: '\\frac{1}{2}',
    fXaxis: axis(1, { fLabels: labels, fTitle: '\\alpha' }),
    fYaxis: { ...axis(1), fParent: { _typename: 'TExec', fAction: 'x' } },
    $snapid: 'x',
  });
  const kept = clean(object).object as RootObject & Record<string, Record<string, unknown>>;
  assert.equal(JSON.stringify(kept).includes('\\'), false);
  assert.equal(JSON.stringify(kept).includes('TF1'), false);
  assert.equal(JSON.stringify(kept).includes('TExec'), false);
  assert.equal('$snapid' in kept, false);
  assert.equal(kept['fFunctions'], list as unknown, 'the list keeps its methods');
  assert.match(JSON.stringify(kept['fXaxis']), /a∖b/);
});

test('braces that JSROOT would stumble over are only signs', () => {
  const title = (text: string) => clean(th1([1], { fTitle: text })).object['fTitle'];
  assert.equal(title('m_{#mu#mu}'), 'm_{#mu#mu}');
  assert.equal(title('#sqrt{}'), '#sqrt{ }');
  assert.equal(title('#frac{'), '#frac\uff5b');
  assert.equal(title('}{'), '\uff5d\uff5b');
});

test('a link in a title is only text', () => {
  const labels = { _typename: 'THashList', arr: [{ _typename: 'TObjString', fString: '#url[javascript:x]{y}' }] };
  const object = th1([1], { fTitle: '#bf{#url[x]{y}} #URL', fXaxis: axis(1, { fLabels: labels, fTitle: '##url[' }) });
  assert.doesNotMatch(JSON.stringify(clean(object).object), /#url/i);
  assert.equal(clean(th1([1], { fTitle: '#mu#nu' })).object['fTitle'], '#mu#nu');
});

test('an object that holds itself, or very much, comes to an end', () => {
  const object = th1([1]);
  (object['fXaxis'] as Record<string, unknown>)['fParent'] = object['fXaxis'];
  let deep: Record<string, unknown> = {};
  for (let i = 0; i < 10_000; i++) deep = { deep };
  object['fDeep'] = deep;
  assert.equal(clean(object).kind, 'hist');
});

test('options that draw pass, others give way to the usual', () => {
  for (const option of ['hist', 'e', 'E1', 'p', 'hist e']) {
    assert.equal(cleanOption(option, 'hist'), option.toLowerCase().replace(' ', ''));
  }
  for (const option of ['inspect', 'lego2', 'func:alert', 'projx', 'optstat1111', '']) {
    assert.equal(cleanOption(option, 'hist'), 'hist');
    assert.equal(cleanOption(option, 'map'), 'colz');
  }
  assert.equal(cleanOption('AP', 'graph'), 'ap');
  assert.equal(cleanOption('e same', 'hist'), 'e');
});

test('a stack sums contents and errors; the whole sum is drawn first', () => {
  const sums = stacked([layer(th1([1, 2], { fSumw2: [0, 4, 4, 0] })), layer(th1([10, 20]))]);
  assert.deepEqual(
    sums.map(({ object }) => object['fArray']),
    [
      [0, 11, 22, 0],
      [0, 1, 2, 0],
    ],
  );
  assert.deepEqual(sums[0]?.object['fSumw2'], [0, 14, 24, 0]);
  assert.equal(sums[0]?.object['fEntries'], 10);
  assert.throws(() => stacked([layer(th1([1])), layer(th1([1, 2]))]), /bins in a stack/);
  assert.throws(() => stacked([layer(th1([1]), 'profile')]), Refused);
});

test('a stack of different axes is refused, not summed', () => {
  const named = (names: Record<number, string>) => ({
    arr: Object.entries(names).map(([bin, fString]) => ({ fUniqueID: Number(bin), fString })),
  });
  const same: [Record<string, unknown>, Record<string, unknown>][] = [
    [{}, { fXmax: 10 + 1e-12 }],
    [{ fXbins: [0, 1, 10] }, { fXbins: [0, 1, 10] }],
    [{ fLabels: named({ 1: 'a', 2: 'b' }) }, { fLabels: named({ 1: 'a' }) }],
  ];
  const different: typeof same = [
    [{}, { fXmax: 11 }],
    [{}, { fXmin: -1 }],
    [{}, { fXbins: [0, 1, 10] }],
    [{ fXbins: [0, 1, 10] }, { fXbins: [0, 2, 10] }],
    [{ fLabels: named({ 1: 'a', 2: 'b' }) }, { fLabels: named({ 1: 'b', 2: 'a' }) }],
  ];
  const pair = (axes: (typeof same)[number]) => axes.map((more) => layer(th1([1, 2], { fXaxis: axis(2, more) })));
  for (const axes of same) assert.deepEqual(stacked(pair(axes))[0]?.object['fArray'], [0, 2, 4, 0]);
  for (const axes of different) assert.throws(() => stacked(pair(axes)), /different axes in a stack/);
});

test('the statistics of a stack are those of the sum', () => {
  const moments = (k: number) => ({ fTsumw: k, fTsumw2: 2 * k, fTsumwx: 3 * k, fTsumwx2: 4 * k });
  const [sum] = stacked([layer(th1([1], moments(1))), layer(th1([1], moments(10)))]);
  const names = ['fEntries', 'fTsumw', 'fTsumw2', 'fTsumwx', 'fTsumwx2'];
  assert.deepEqual(
    names.map((name) => sum?.object[name]),
    [10, 11, 22, 33, 44],
  );
});

test('all layers fit on the axis, unless somebody chose it', () => {
  const layers = [layer(th1([1, 2])), layer(th1([100, 3]), 'hist', 'e')];
  alignY(layers, false);
  const { fMinimum, fMaximum }: Record<string, unknown> = layers[0]?.object ?? ({} as RootObject);
  assert.equal(fMinimum, 0);
  assert.ok(Number(fMaximum) > 110 && Number(fMaximum) < 130);
  const logarithmic = [layer(th1([1, 2])), layer(th1([100, 0]))];
  alignY(logarithmic, true);
  assert.deepEqual([logarithmic[0]?.object['fMinimum'], logarithmic[0]?.object['fMaximum']], [0.5, 200]);
  const chosen = [layer(th1([1], { fMaximum: 7 })), layer(th1([100]))];
  alignY(chosen, false);
  assert.equal(chosen[0]?.object['fMaximum'], 7);
  const alone = [layer(th1([1]))];
  alignY(alone, false);
  assert.equal(alone[0]?.object['fMaximum'], -1111);
});

test('colours that somebody chose stay', () => {
  const layers = [layer(th1([1], { fLineColor: 2, fFillColor: 5 })), layer(th1([1]))];
  dress(layers, 0);
  assert.equal(layers[0]?.object['fLineColor'], 2);
  assert.equal(layers[0]?.object['fFillColor'], 5);
  assert.equal(layers[1]?.object['fLineColor'], FIRST_COLOR + 1);
});

test('axes are logarithmic as clicked, as asked, as the bins suggest', () => {
  const flat = [layer(th1([5, 6, 7]))];
  const steep = [layer(th1([1, 1, 1, 1, 1000]))];
  assert.deepEqual(chooseLogs(flat, wish), { x: false, y: false, z: false });
  assert.deepEqual(chooseLogs(steep, wish), { x: false, y: true, z: false });
  assert.equal(chooseLogs(steep, { ...wish, logy: false }).y, false);
  assert.equal(chooseLogs(steep, { ...wish, logy: false, clicked: { y: true } }).y, true);
  assert.equal(chooseLogs([layer(th1([-1, 1, 1, 1, 1000]))], wish).y, false);
  assert.equal(chooseLogs([layer(th1([1, 1, 1, 1, 1000]), 'profile')], wish).y, false);
  const widening = axis(3, { fXbins: [0.1, 1, 10, 100], fXmin: 0.1, fXmax: 100 });
  assert.equal(chooseLogs([layer(th1([1, 1, 1], { fXaxis: widening }))], wish).x, true);
});

test('what lies outside of the axes makes no axis logarithmic', () => {
  assert.equal(chooseLogs([layer(th1([5, 6, 7], { fArray: [900, 5, 6, 7, 0] }))], wish).y, false);
  assert.equal(chooseLogs([layer(th1([1, 1, 1, 1000], { fArray: [-1, 1, 1, 1, 1000, 0] }))], wish).y, true);
  const map = (peak: number) => {
    const cells = [9e9, 9e9, 9e9, 9e9, 9e9, 1, 1, 9e9, 9e9, 1, peak, 9e9, 9e9, 1, 1, 9e9, 9e9, 9e9, 9e9, 9e9];
    return layer(th1([], { _typename: 'TH2D', fXaxis: axis(2), fYaxis: axis(3), fArray: cells }), 'map', 'colz');
  };
  assert.equal(chooseLogs([map(1)], wish).z, false);
  assert.equal(chooseLogs([map(1000)], wish).z, true);
});

test('a choice that was made once stays; on a map logy means the colours', () => {
  const flat = [layer(th1([5, 6, 7]))];
  assert.equal(chooseLogs(flat, wish, { x: false, y: true, z: false }).y, true);
  const map = [layer(th1([1, 1, 1]), 'map')];
  assert.deepEqual(chooseLogs(map, { ...wish, logy: true }), { x: false, y: false, z: true });
});
