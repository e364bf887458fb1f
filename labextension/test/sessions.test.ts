// SPDX-License-Identifier: BSD-3-Clause
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionContext } from '@jupyterlab/services';
import { Sessions } from '../src/sessions.js';

const session = () => ({ isDisposed: false }) as { isDisposed: boolean } & SessionContext;

test('a view outside of the notebook has the session of its panel, as long as that is there', () => {
  const sessions = new Sessions();
  const [first, second] = [session(), session()];
  assert.equal(sessions.of('a', null), null);
  assert.equal(sessions.of('a', first), first);
  assert.equal(sessions.of('a', null), first);
  assert.equal(sessions.of('b', null), null);
  assert.equal(sessions.of('a', second), second);
  assert.equal(sessions.of('a', null), second);
  Object.assign(second, { isDisposed: true });
  assert.equal(sessions.of('a', null), null);
});
