// SPDX-License-Identifier: BSD-3-Clause
// The side panel: asks the server while it is seen.

import { type Message, Widget } from '@lumino/widgets';
import type { Api } from './api.js';
import { Trouble } from './api.js';
import { Board } from './board.js';
import { icon } from './icon.js';
import type { Notebooks } from './notebooks.js';
import { Poller } from './poller.js';

export class RunsWidget extends Widget {
  readonly #poller: Poller;
  readonly #board: Board;

  constructor(api: Api, notebooks: Notebooks) {
    const board = new Board({
      stop: async (run) => {
        await api.stop(run.id);
        this.#poller.soon();
      },
      open: async (run) => {
        await notebooks.open(run);
        board.refresh();
      },
      attach: (run) => notebooks.attach(run),
      canAttach: () => notebooks.canAttach(),
      position: (run) => notebooks.position(run),
    });
    super({ node: board.node });
    this.#board = board;
    this.#poller = new Poller(async () => {
      try {
        board.show(await api.runs());
      } catch (error) {
        board.fail(error instanceof Trouble ? error.message : String(error));
      }
    });
    this.id = 'rdf-live-runs';
    this.title.icon = icon;
    this.title.caption = 'Runs';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Runs');
    document.addEventListener('visibilitychange', this.#onVisible);
  }

  /** The notebooks of the page have changed. */
  refresh(): void {
    if (this.isVisible) this.#board.refresh();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#poller.look(false);
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.#onVisible();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.#onVisible();
  }

  readonly #onVisible = (): void => this.#poller.look(this.isVisible && !document.hidden);
}
