// SPDX-License-Identifier: BSD-3-Clause
// The plugin: JupyterLab draws outputs of our type with PanelRenderer.

import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MIME } from './frame.js';
import { PanelRenderer } from './renderer.js';

/** Before image/png (90), which the same bundle holds for pages without this extension. */
const RANK = 10;

export default {
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
