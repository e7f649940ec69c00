/** The plugin of the models: one for each open notebook, with the marks on its cells, auto-run and notifications. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import type { ISessionContext } from "@jupyterlab/apputils";
import { INotebookCellExecutor, INotebookTracker } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { TranslationBundle } from "@jupyterlab/translation";
import { DisposableDelegate } from "@lumino/disposable";
import type { IDisposable } from "@lumino/disposable";
import { AutoRun } from "../cells/auto-run";
import { CellMarker } from "../cells/cell-marker";
import { NotebookCells } from "../cells/notebook-cells";
import { notifyStaleRun } from "../cells/stale-run-notice";
import { animationFrame } from "../model/animation-frame";
import { browserMemory } from "../model/memory";
import type { NotebookModel } from "../model/notebook-model";
import { NotebookModels } from "../model/notebook-models";
import { KernelSession } from "../session/kernel-session";
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
    const sessions = new KernelSessions(trans);
    const models = new NotebookModels({
      notebooks,
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
        };
      },
      follow: (panel, model) => followModel(panel, model, choices, trans),
    });
    saveBeforeUnload(models, sessions);
    return models;
  },
};

/** The sessions by session context: two views of one notebook share one. */
class KernelSessions {
  private readonly sessions = new Map<ISessionContext, KernelSession>();

  constructor(private readonly trans: TranslationBundle) {}

  sessionOf({ sessionContext, context }: NotebookPanel): KernelSession {
    const existing = this.sessions.get(sessionContext);
    if (existing) {
      // The snapshot comes after the new model has subscribed.
      existing.sync();
      return existing;
    }
    const session = new KernelSession(sessionContext, () => context.path, this.trans);
    this.sessions.set(sessionContext, session);
    sessionContext.disposed.connect(() => this.sessions.delete(sessionContext));
    return session;
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
    isOn: () => switches.isOn(model.path),
    delayMs: () => preferences.get().autoRunDelayMs,
    run: () => model.staleRuns.run().catch(notifyFailure),
  });
  const paramsSet = model.paramsSet$.subscribe(() => autoRun.changed());
  const notices = notifyLongRuns(model, {
    preferences: preferences.get,
    isHidden: () => document.visibilityState === "hidden" || !panel.isVisible,
    notify: ({ kind, text }) => void Notification.emit(text, kind, { autoClose: false }),
    trans,
  });
  return new DisposableDelegate(() => {
    marker.dispose();
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
