// SPDX-License-Identifier: BSD-3-Clause
// The plugin: every notebook that is opened gets back what happened while it was closed.

import type { Context } from '@jupyterlab/docregistry';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import type { ServerSettings } from '@jupyterlab/services';
import { Reconnection } from './reconnection.js';

/** A page whose kernel is not connected after this time follows without one, until there is one. */
const KERNEL_MS = 2000;

interface Application {
  readonly serviceManager: { readonly serverSettings: ServerSettings };
}

/** Views of one notebook show the same model: outputs that each of them put in would be there several times. */
const reconnections = new WeakMap<Context, Reconnection>();

async function watch(panel: NotebookPanel, settings: ServerSettings): Promise<void> {
  const { context } = panel;
  await Promise.all([context.ready, panel.revealed]);
  // Without a kernel there is still something to restore; and a user may take long to choose one.
  await Promise.race([panel.sessionContext.ready, new Promise((resolve) => setTimeout(resolve, KERNEL_MS))]);
  if (panel.isDisposed) return;
  const known = reconnections.get(context);
  known?.add(panel);
  const reconnection = known ?? new Reconnection(panel, settings);
  reconnections.set(context, reconnection);
  panel.disposed.connect(() => {
    if (reconnection.remove(panel)) reconnections.delete(context);
  });
}

export default {
  id: 'rdf-live:journal',
  description: 'Brings back what happened while a notebook was closed.',
  autoStart: true,
  requires: [INotebookTracker],
  activate({ serviceManager }: Application, tracker: INotebookTracker): void {
    const add = (panel: NotebookPanel) => void watch(panel, serviceManager.serverSettings).catch(console.warn);
    tracker.widgetAdded.connect((_, panel) => add(panel));
    tracker.forEach(add);
  },
};
