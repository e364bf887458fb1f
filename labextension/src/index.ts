// SPDX-License-Identifier: BSD-3-Clause
// The plugins: JupyterLab draws outputs of our type with PanelRenderer; what happened while a notebook was closed comes back.

import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MIME } from './frame.js';
import journal from './journal/index.js';
import { PanelRenderer } from './renderer.js';
import runs from './runs/index.js';

/** Before image/png (90), which the same bundle holds for pages without this extension. */
const RANK = 10;

const panel = {
  id: 'rdf-live:panel',
  description: 'Draws live runs of rdf_live.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker],
  activate(_app: unknown, rendermime: IRenderMimeRegistry, tracker: INotebookTracker | null): void {
    const find = (node: HTMLElement) => tracker?.find((panel) => panel.node.contains(node))?.sessionContext ?? null;
    rendermime.addFactory(
      {
        // Nothing of the data becomes markup or code, so notebooks that nobody has trusted yet are shown too.
        safe: true,
        mimeTypes: [MIME],
        createRenderer: () => new PanelRenderer(find),
      },
      RANK,
    );
  },
};

export default [panel, journal, runs];
