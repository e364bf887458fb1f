// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { amount, clock, percent, stateText } from '../src/text.js';

/** What rdf_live/view/text.py makes of the same numbers. */
const expected = JSON.parse(readFileSync(new URL('../../test/text.json', import.meta.url), 'utf8'));

for (const [name, words] of Object.entries({ amount, clock, percent })) {
  test(`${name} writes numbers as the Python side does`, () => {
    for (const [value, text] of expected[name]) assert.equal(words(value), text, `${name}(${value})`);
  });
}

test('stateText writes states as the Python side does', () => {
  for (const [state, fraction, entries, text] of expected.state) {
    assert.equal(stateText(state, fraction, entries), text);
  }
});

test('numbers that are none are no reason to stop', () => {
  assert.equal(amount(Number.NaN), 'NaN');
  assert.equal(clock(Number.POSITIVE_INFINITY), '–');
});
