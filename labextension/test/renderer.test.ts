// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { PATIENCE_MS } from '../src/commands.js';
import { MIME } from '../src/frame.js';
import { bundle, run } from './bundles.js';
import { PanelRenderer } from './lab.js';
import { Signal } from './lab_parts.js';

test('an interrupt that the server refuses is told', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const kernel = { id: 'k', status: 'busy', handleComms: false, interrupt: () => Promise.reject(new Error('500')) };
  const session = {
    isReady: true,
    session: { kernel },
    ready: Promise.resolve(),
    kernelChanged: new Signal(),
    sessionChanged: new Signal(),
    statusChanged: new Signal(),
    connectionStatusChanged: new Signal(),
    iopubMessage: new Signal(),
  };
  const renderer = new PanelRenderer(() => session as never);
  document.body.append(renderer.node);
  const data = { [MIME]: bundle({ run: run({ blocking: true }) }) };
  await renderer.renderModel({ data, setData: () => {} });
  renderer.node.querySelector<HTMLButtonElement>('.rdf-live-tools button')?.click();
  mock.timers.tick(PATIENCE_MS);
  for (let i = 0; i < 5; i++) await Promise.resolve();
  const sentence = renderer.node.querySelector('.rdf-live-sentence')?.textContent;
  assert.equal(sentence, 'The kernel could not be interrupted.');
  renderer.dispose();
});
