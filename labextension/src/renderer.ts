// SPDX-License-Identifier: BSD-3-Clause
// The widget that JupyterLab asks for: one per output. It is kept over all updates of that output.

import type { MimeModel, Renderer } from '@jupyterlab/rendermime';
import type { SessionContext } from '@jupyterlab/services';
import { type Message, Widget } from '@lumino/widgets';
import { Follower } from './follow.js';
import { MIME } from './frame.js';
import { Link } from './link.js';
import { Panel } from './panel.js';
import { Sessions } from './sessions.js';

/** The session of the notebook that holds a node. */
export type FindSession = (node: HTMLElement) => SessionContext | null;

const sessions = new Sessions();

export class PanelRenderer extends Widget implements Renderer {
  readonly #panel: Panel;
  readonly #find: FindSession;
  readonly #follower: Follower;
  #model: MimeModel | null = null;
  #link: Link | null = null;

  constructor(find: FindSession) {
    const panel = new Panel({
      load: () => import('./jsroot.js'),
      visible: (panes) => this.#link?.send({ do: 'visible', panes }),
      send: (message) => this.#link?.send(message) ?? false,
      interrupt: () =>
        this.#link?.kernel?.interrupt().catch(() => panel.commands.failed('The kernel could not be interrupted.')),
      busy: () => this.#link?.executing ?? false,
    });
    super({ node: panel.node });
    this.#panel = panel;
    this.#find = find;
    this.#follower = new Follower(
      () => panel.state?.frame ?? null,
      (bundle) => {
        // Into the model too: it is what the notebook is saved from.
        this.#take(bundle.data[MIME]);
        this.#noteBlocking();
        this.#model?.setData({ data: { ...bundle.data }, metadata: { ...bundle.metadata } });
      },
    );
  }

  async renderModel(model: MimeModel): Promise<void> {
    const updated = this.#model !== null;
    this.#model = model;
    this.#take(model.data[MIME]);
    if (updated) this.#noteBlocking();
  }

  /** An update has come, so the kernel lives. A first look may be at a file. */
  #noteBlocking(): void {
    const frame = this.#panel.state?.frame;
    if (frame?.run.blocking && !frame.final) this.#link?.noteExecuting();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#follower.dispose();
    this.#link?.dispose();
    this.#panel.dispose();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.#connect();
  }

  #take(data: unknown): void {
    if (!this.#panel.show(data)) return;
    this.#link?.revive();
    this.#link?.refresh();
    this.#connect();
  }

  #connect(): void {
    if (this.#link || this.isDisposed || !this.node.isConnected) return;
    const around = this.#find(this.node);
    const panel = this.#panel.state?.frame.panel;
    const session = panel ? sessions.of(panel, around) : around;
    if (!session) {
      this.#panel.setLink('none');
      return;
    }
    this.#link = new Link(session, {
      about: () => {
        const frame = this.#panel.state?.frame;
        return frame && !frame.final ? { panel: frame.panel, run: frame.run.id } : null;
      },
      // The kernel knows from this that a page is watching, also when nothing is visible.
      greeting: () => ({ do: 'visible', panes: this.#panel.grid.visible }),
      changed: (state) => this.#panel.setLink(state),
      said: (data) => this.#panel.said(data),
      overheard: (message) => this.#follower.take(message),
    });
    this.#panel.setLink(this.#link.state);
  }
}
