// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './page.js';
import { titleNodes, titleText } from '../src/latex.js';
import { NASTY } from './bundles.js';

const markup = (title: string) => {
  const node = document.createElement('div');
  node.append(titleNodes(title));
  return node.innerHTML;
};

test("ROOT's LaTeX becomes what a reader expects", () => {
  const cases: [string, string, string][] = [
    ['m_{#mu#mu} [GeV]', 'm<sub>μμ</sub> [GeV]', 'mμμ [GeV]'],
    ['p_{T}^{2}', 'p<sub>T</sub><sup>2</sup>', 'pT2'],
    ['#it{a} #bf{b}', '<i>a</i> <b>b</b>', 'a b'],
    ['t#bar{t}', 't\u0074\u0304', 't\u0074\u0304'],
    ['#sqrt{s} = 13 TeV', '√(s) = 13 TeV', '√(s) = 13 TeV'],
    ['#frac{a_{1}}{b}', 'a<sub>1</sub>/b', 'a1/b'],
    ['Z#rightarrow#mumu', 'Z→μmu', 'Z→μmu'],
    ['cut #3', 'cut #3', 'cut #3'],
    ['a_b', 'a_b', 'a_b'],
    ['{x}', 'x', 'x'],
    ['#unknown{x}', '#unknownx', '#unknownx'],
    ['', '', ''],
  ];
  for (const [title, nodes, text] of cases) {
    assert.equal(markup(title), nodes);
    assert.equal(titleText(title), text);
  }
});

test('broken or nasty titles are text', () => {
  for (const title of [...NASTY, '#'.repeat(500), '_{'.repeat(500), '{'.repeat(3000), '#bar{'.repeat(100)]) {
    const node = document.createElement('div');
    node.append(titleNodes(title));
    assert.equal(node.querySelectorAll(':not(sub):not(sup):not(i):not(b)').length, 0);
    assert.ok(title === '' || titleText(title) !== undefined);
  }
});
