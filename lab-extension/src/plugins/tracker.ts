/** The plugin of the models: one for each open notebook, with the marks on its cells, auto-run and notifications. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import type { ISessionContext } from "@jupyterlab/apputils";
import { PageConfig } from "@jupyterlab/coreutils";
import { INotebookCellExecutor, INotebookTracker } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { ServerConnection } from "@jupyterlab/services";
import type { Contents, Kernel } from "@jupyterlab/services";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { TranslationBundle } from "@jupyterlab/translation";
import { DisposableDelegate } from "@lumino/disposable";
import type { IDisposable } from "@lumino/disposable";
import { AutoRun } from "../cells/auto-run";
import { CellMarker } from "../cells/cell-marker";
import { NotebookCells } from "../cells/notebook-cells";
import { notifyStaleRun } from "../cells/stale-run-notice";
import { animationFrame } from "../model/animation-frame";
import { browserMemory } from "../model/memory/memory";
import type { NotebookModel } from "../model/notebook-model";
import { NotebookModels } from "../model/notebook-models";
import type { RunLimitPort } from "../model/run-limit";
import { confirmRun } from "../runs/confirm-run";
import { browserValues, KnownNotebooks } from "../model/memory/known-notebooks";
import type { NotebookOnServer } from "../model/memory/known-notebooks";
import { KernelSession } from "../session/kernel-session";
import type { SessionPage } from "../session/kernel-session";
import { notifyLongRuns } from "../status/run-notices";
import { StagebookTracker } from "../tokens";
import { notifyFailure } from "../ui/notify";
import { UserChoices } from "./preferences";

export const trackerPlugin: JupyterFrontEndPlugin<NotebookModels> = {
  id: "jupyterlab-stagebook:tracker",
  description: "Creates a model of each notebook and its kernel, and marks the cells.",
  autoStart: true,
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- this plugin makes the only instance
  provides: StagebookTracker,
  requires: [INotebookTracker, INotebookCellExecutor, UserChoices],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    executor: INotebookCellExecutor,
    choices: UserChoices,
    optionalTranslator: ITranslator | null,
  ) => {
    const translator = optionalTranslator ?? nullTranslator;
    const trans = translator.load("jupyterlab-stagebook");
    const sessions = new KernelSessions(notebooks, trans);
    const models = new NotebookModels({
      notebooks,
      known: new KnownNotebooks({
        server: `${PageConfig.getBaseUrl()} ${PageConfig.getOption("serverRoot")}`,
        values: browserValues,
        find: (path) => findNotebook(app.serviceManager.contents, path),
      }),
      memory: browserMemory,
      frame: animationFrame,
      trans,
      connect: (panel) => {
        const page = new NotebookCells({
          panel,
          executor,
          translator,
          activate: () => app.shell.activateById(panel.id),
        });
        return {
          page,
          kernel: sessions.sessionOf(panel),
          reportStaleRun: (outcome, view) =>
            notifyStaleRun(outcome, { view, showCell: (cell) => void page.showCell(cell), trans }),
          runLimit: runLimitOf(choices, trans),
        };
      },
      follow: (panel, model) => followModel(panel, model, choices, trans),
    });
    saveBeforeUnload(models, sessions);
    return models;
  },
};

/** As the settings have it when a run begins. */
function runLimitOf({ preferences }: Pick<UserChoices, "preferences">, trans: TranslationBundle): RunLimitPort {
  const limitMs = (): number => preferences.get().askAboveMinutes * 60_000;
  return { limitMs: () => limitMs() || undefined, confirm: (cost) => confirmRun(cost, limitMs(), trans) };
}

/** Null when the server has no such file, or a damaged one. */
async function findNotebook(contents: Contents.IManager, path: string): Promise<NotebookOnServer | null> {
  try {
    const { content } = (await contents.get(path, { type: "notebook", content: true })) as {
      readonly content: unknown;
    };
    return { path, cells: cellsIn(content) };
  } catch (cause) {
    if (cause instanceof ServerConnection.ResponseError && [400, 404].includes(cause.response.status)) return null;
    throw cause;
  }
}

function cellsIn(content: unknown): NotebookOnServer["cells"] {
  const { cells = [] } = content as { readonly cells?: readonly { readonly id?: string; readonly source: string | readonly string[] }[] }; // prettier-ignore
  return cells.map(({ id, source }) => ({
    source: typeof source === "string" ? source : source.join(""),
    ...(id !== undefined && { id }),
  }));
}

/** The sessions by session context: two views of one notebook share one. */
class KernelSessions {
  private readonly sessions = new Map<ISessionContext, KernelSession>();

  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly trans: TranslationBundle,
  ) {}

  sessionOf({ sessionContext, context }: NotebookPanel): KernelSession {
    const existing = this.sessions.get(sessionContext);
    if (existing) {
      // The snapshot comes after the new model has subscribed.
      existing.sync();
      return existing;
    }
    const page: SessionPage = {
      notebook: () => context.localPath,
      root: PageConfig.getOption("serverRoot"),
      findCarrier: (kernel) => this.findCarrier(kernel),
    };
    const session = new KernelSession(sessionContext, page, this.trans);
    this.sessions.set(sessionContext, session);
    context.pathChanged.connect(() => session.sync());
    sessionContext.kernelChanged.connect(() => this.retryOthers(session));
    sessionContext.disposed.connect(() => this.sessions.delete(sessionContext));
    this.retryOthers(session);
    return session;
  }

  /** JupyterLab lets the first connection of a window to a kernel have comms, whichever notebook it belongs to. */
  private findCarrier({ id }: Kernel.IKernelConnection): Kernel.IKernelConnection | null {
    const connections = this.notebooks
      .filter(() => true)
      .flatMap((panel) => panel.sessionContext.session?.kernel ?? []);
    return connections.find((each) => each.id === id && each.handleComms && !each.isDisposed) ?? null;
  }

  private retryOthers(session: KernelSession): void {
    for (const other of this.sessions.values()) if (other !== session) other.findCarrier();
  }

  dispose(): void {
    for (const session of this.sessions.values()) session.dispose();
  }
}

/** Everything outside of the panels that reacts to a model. */
function followModel(
  panel: NotebookPanel,
  model: NotebookModel,
  { preferences, autoRun: switches }: UserChoices,
  trans: TranslationBundle,
): IDisposable {
  const marker = new CellMarker(panel, model, trans);
  const autoRun = new AutoRun({
    isOn: () => switches.isOn(model.key),
    delayMs: () => preferences.get().autoRunDelayMs,
    run: () => model.staleRuns.runAutomatically().catch(notifyFailure),
  });
  const paramsSet = model.paramsSet$.subscribe(() => autoRun.changed());
  const checkFiles = (): void => model.checkFiles();
  window.addEventListener("focus", checkFiles);
  const notices = notifyLongRuns(model, {
    preferences: preferences.get,
    isHidden: () => document.visibilityState === "hidden" || !panel.isVisible,
    notify: ({ kind, text }) => void Notification.emit(text, kind, { autoClose: false }),
    trans,
  });
  return new DisposableDelegate(() => {
    marker.dispose();
    window.removeEventListener("focus", checkFiles);
    autoRun.cancel();
    paramsSet.unsubscribe();
    notices.unsubscribe();
  });
}

function saveBeforeUnload(models: NotebookModels, sessions: KernelSessions): void {
  // A hidden tab may be discarded without another event.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") for (const model of models.all()) void model.save();
  });
  // The kernel should not keep sending to a page that no longer exists.
  window.addEventListener("pagehide", ({ persisted }) => {
    if (!persisted) sessions.dispose();
  });
}
