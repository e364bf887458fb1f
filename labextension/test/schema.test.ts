// SPDX-License-Identifier: BSD-3-Clause
// The schema and the examples that the Python side checks too.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFrame } from '../src/frame.js';
import { bundle, pane, plot, view } from './bundles.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const validate = new Ajv2020({ strict: false }).compile(read('rdf_live/view/panel.v1.schema.json'));
const examples = (kind: string) =>
  readdirSync(new URL(`tests/panel/${kind}/`, root)).filter((name) => name.endsWith('.json'));

test('there are examples', () => {
  assert.ok(examples('valid').length > 0 && examples('invalid').length > 0);
});

for (const file of examples('valid')) {
  test(`valid: ${file}`, () => {
    const data = read(`tests/panel/valid/${file}`);
    assert.equal(validate(data), true, JSON.stringify(validate.errors));
    const frame = readFrame(data);
    assert.equal(frame.panes.length, data.panes.length);
    assert.equal(frame.plots.size, Object.keys(data.plots).length);
  });
}

for (const file of examples('invalid')) {
  test(`invalid: ${file}`, () => {
    const data = read(`tests/panel/invalid/${file}`);
    assert.equal(validate(data), false);
  });
}

test('the updates of these tests are valid too', () => {
  const data = bundle({ panes: [pane('a')], plots: { 0: plot({ views: [view(['{}'])] }) } });
  assert.equal(validate(data), true, JSON.stringify(validate.errors));
});
