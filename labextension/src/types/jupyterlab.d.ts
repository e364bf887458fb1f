// SPDX-License-Identifier: BSD-3-Clause
// The part of JupyterLab's API (4.2 to 4.6, and Notebook 7) that is used here, and no more of it.

declare module '@lumino/widgets' {
  export interface Message {
    readonly type: string;
  }
  export class Widget {
    constructor(options?: { node?: HTMLElement });
    readonly node: HTMLElement;
    readonly isDisposed: boolean;
    addClass(name: string): void;
    dispose(): void;
    protected onAfterAttach(message: Message): void;
    protected onResize(message: Message): void;
  }
}

declare module '@jupyterlab/services' {
  export interface Signal<Sender, Args> {
    connect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
    disconnect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
  }
  export interface KernelMessage {
    readonly header: { readonly msg_type: string };
    readonly parent_header?: { readonly msg_type?: string };
    readonly content: unknown;
  }
  export interface Comm {
    onMsg: (message: KernelMessage) => void;
    onClose: (message: KernelMessage) => void;
    open(data?: unknown): unknown;
    send(data: unknown): unknown;
    close(): unknown;
    readonly isDisposed: boolean;
    /** From 4.4 on: its messages have a thread of their own in the kernel from then on. */
    readonly subshellStarted?: Promise<void>;
    dispose(): void;
  }
  export interface Kernel {
    readonly id: string;
    readonly status: string;
    readonly handleComms: boolean;
    readonly info: Promise<unknown>;
    /** From 4.4 on; known when `info` is. */
    readonly supportsSubshells?: boolean;
    createComm(target: string): Comm;
    interrupt(): Promise<void>;
  }
  export interface SessionContext {
    readonly isReady: boolean;
    readonly isDisposed: boolean;
    readonly session: { readonly kernel: Kernel | null } | null;
    readonly kernelChanged: Signal<SessionContext, unknown>;
    readonly sessionChanged: Signal<SessionContext, unknown>;
    readonly statusChanged: Signal<SessionContext, string>;
    readonly connectionStatusChanged: Signal<SessionContext, string>;
    readonly iopubMessage: Signal<SessionContext, KernelMessage>;
    readonly ready: Promise<void>;
  }
}

declare module '@jupyterlab/rendermime' {
  import type { Widget } from '@lumino/widgets';
  export interface MimeModel {
    readonly data: Readonly<Record<string, unknown>>;
    setData(options: { data?: Record<string, unknown>; metadata?: Record<string, unknown> }): void;
  }
  export interface Renderer extends Widget {
    renderModel(model: MimeModel): Promise<void>;
  }
  export interface RendererFactory {
    readonly safe: boolean;
    readonly mimeTypes: readonly string[];
    createRenderer(options: { mimeType: string }): Renderer;
  }
  export interface IRenderMimeRegistry {
    addFactory(factory: RendererFactory, rank?: number): void;
  }
  /** The token under which JupyterLab hands the registry out. */
  export const IRenderMimeRegistry: unknown;
}

declare module '@jupyterlab/notebook' {
  import type { SessionContext } from '@jupyterlab/services';
  import type { Widget } from '@lumino/widgets';
  export interface NotebookPanel extends Widget {
    readonly sessionContext: SessionContext;
  }
  export interface INotebookTracker {
    find(test: (panel: NotebookPanel) => boolean): NotebookPanel | undefined;
  }
  /** The token under which JupyterLab hands the tracker out. */
  export const INotebookTracker: unknown;
}
