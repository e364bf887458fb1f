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
    protected onAfterShow(message: Message): void;
    protected onAfterHide(message: Message): void;
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

// ---- of the side panel "Runs"

declare module '@lumino/widgets' {
  export interface IconRenderer {
    render(host: HTMLElement): void;
  }
  export interface Widget {
    id: string;
    readonly isVisible: boolean;
    readonly title: { icon: IconRenderer | undefined; caption: string };
  }
}

declare module '@jupyterlab/services' {
  export interface ServerSettings {
    readonly Request: typeof Request;
    readonly Headers: typeof Headers;
  }
}

declare module '@jupyterlab/application' {
  import type { ServerSettings } from '@jupyterlab/services';
  import type { Widget } from '@lumino/widgets';
  export interface Application {
    readonly serviceManager: { readonly serverSettings: ServerSettings };
    readonly commands: { execute(id: string, args?: Record<string, unknown>): Promise<unknown> };
    readonly shell: {
      add(widget: Widget, area: 'left' | 'right', options?: { rank?: number }): void;
      activateById(id: string): void;
    };
  }
  export interface ILayoutRestorer {
    add(widget: Widget, name: string): void;
  }
  /** The token under which JupyterLab hands the restorer out; Notebook 7 has none. */
  export const ILayoutRestorer: unknown;
}

declare module '@jupyterlab/notebook' {
  import type { Signal } from '@jupyterlab/services';
  export interface Notebook {
    activeCellIndex: number;
    /** It becomes the active cell. */
    scrollToCell(cell: Cell, align?: 'auto' | 'center'): Promise<void>;
  }
  export interface NotebookPanel {
    readonly model: {
      readonly sharedModel: { insertCell(index: number, cell: Record<string, unknown>): unknown };
    } | null;
  }
  export interface INotebookTracker {
    readonly currentWidget: NotebookPanel | null;
    readonly currentChanged: Signal<INotebookTracker, NotebookPanel | null>;
  }
}

// ---- what the journal uses

declare module '@lumino/widgets' {
  export interface Widget {
    readonly parent: Widget | null;
    /** Have the layout around look at the size that this widget needs. */
    fit(): void;
  }
  export class Panel extends Widget {
    addWidget(widget: Widget): void;
    insertWidget(index: number, widget: Widget): void;
  }
}

declare module '@jupyterlab/services' {
  export interface ServerSettings {
    readonly baseUrl: string;
    readonly wsUrl: string;
    readonly token: string;
    readonly appendToken: boolean;
    readonly init: RequestInit;
    readonly fetch: typeof fetch;
    readonly WebSocket: typeof WebSocket;
  }
  export interface Kernel {
    readonly clientId: string;
  }
  /** What an output area needs of an execution. */
  export interface Future {
    readonly msg: { readonly header: { readonly msg_id: string } };
    readonly isDisposed: boolean;
    readonly done: Promise<unknown>;
    onIOPub: (message: never) => unknown;
    onReply: (message: never) => unknown;
    onStdin: (message: never) => unknown;
    dispose(): void;
  }
}

declare module '@jupyterlab/outputarea' {
  import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
  import type { Future } from '@jupyterlab/services';
  import { Widget } from '@lumino/widgets';
  export class OutputAreaModel {
    constructor(options?: { trusted?: boolean });
    readonly length: number;
    toJSON(): readonly Record<string, unknown>[];
    dispose(): void;
  }
  export class OutputArea extends Widget {
    constructor(options: { model: OutputAreaModel; rendermime: IRenderMimeRegistry });
    readonly model: OutputAreaModel;
    get future(): Future | null | undefined;
    set future(future: Future);
  }
}

declare module '@jupyterlab/docregistry' {
  import type { Signal } from '@jupyterlab/services';
  /** The state of a file, as the server last gave it. */
  export interface FileState {
    readonly last_modified: string;
    readonly hash?: string | null;
  }
  export interface Context {
    readonly path: string;
    readonly ready: Promise<void>;
    readonly model: { dirty: boolean; readonly collaborative?: boolean };
    readonly contentsModel: FileState | null;
    readonly pathChanged: Signal<Context, string>;
  }
}

declare module '@jupyterlab/notebook' {
  import type { Context } from '@jupyterlab/docregistry';
  import type { OutputArea } from '@jupyterlab/outputarea';
  import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
  import type { Signal } from '@jupyterlab/services';
  import type { Panel, Widget } from '@lumino/widgets';
  export interface CodeCellModel {
    readonly id: string;
    readonly type: string;
    trusted: boolean;
    executionCount: number | null;
    /** From 4.3 on. */
    executionState?: 'running' | 'idle';
    readonly sharedModel: { getSource(): string };
  }
  /** A code cell; others have no output area. */
  export interface Cell extends Widget {
    readonly model: CodeCellModel;
    readonly outputArea: OutputArea;
    readonly layout: Panel | null;
    readonly ready: Promise<void>;
    setPrompt(value: string): void;
  }
  export interface Notebook extends Widget {
    readonly widgets: readonly Cell[];
    readonly rendermime: IRenderMimeRegistry;
    readonly model: NotebookModel | null;
  }
  export interface NotebookModel {
    readonly nbformatMinor: number;
    readonly cells: { readonly changed: Signal<unknown, CellsChange> };
  }
  export interface CellsChange {
    readonly type: string;
    readonly newValues: readonly (CodeCellModel | undefined)[];
  }
  export interface NotebookPanel {
    readonly content: Notebook;
    readonly context: Context;
    readonly contentHeader: Panel;
    readonly revealed: Promise<void>;
    readonly disposed: Signal<NotebookPanel, void>;
    readonly toolbar: {
      insertBefore(at: string, name: string, widget: Widget): boolean;
      addItem(name: string, widget: Widget): boolean;
    };
  }
  export interface INotebookTracker {
    readonly widgetAdded: Signal<INotebookTracker, NotebookPanel>;
    forEach(action: (panel: NotebookPanel) => void): void;
  }
}
