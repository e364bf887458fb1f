// SPDX-License-Identifier: BSD-3-Clause
// The plugin: a side panel with the runs of all clusters of this user.

import { type Application, ILayoutRestorer } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Api } from './api.js';
import { Notebooks } from './notebooks.js';
import { RunsWidget } from './widget.js';

/** Below JupyterLab's own. */
const RANK = 650;

export default {
  id: 'rdf-live:runs',
  description: 'Lists the runs of rdf_live in a side panel.',
  autoStart: true,
  optional: [INotebookTracker, ILayoutRestorer],
  activate(app: Application, tracker: INotebookTracker | null, restorer: ILayoutRestorer | null): void {
    const widget = new RunsWidget(new Api(app.serviceManager.serverSettings), new Notebooks(app, tracker));
    app.shell.add(widget, 'left', { rank: RANK });
    // Who had it open has it open again when the page is loaded again.
    restorer?.add(widget, widget.id);
    tracker?.currentChanged.connect(() => widget.refresh());
  },
};
