/** React's view of the stores: the only way in which components read them. Called by the panels. */
import { useCallback, useSyncExternalStore } from "react";
import type { Observable } from "rxjs";
import type { LogRecord } from "stagebook/protocol";
import type { NotebookModel, NotebookState, StagebookTracker } from "../tokens";

/** The model of the current notebook; null while none is open. */
export function useCurrent(tracker: StagebookTracker): NotebookModel | null {
  return useObservable(tracker.current$, () => tracker.getCurrent());
}

/** What is shown of one notebook; null without a model. */
export function useNotebookState(model: NotebookModel): NotebookState;
export function useNotebookState(model: NotebookModel | null): NotebookState | null;
export function useNotebookState(model: NotebookModel | null): NotebookState | null {
  return useObservable(model?.state$ ?? null, () => model?.getState() ?? null);
}

/** The log lines of one notebook; none without a model. */
export function useLogRecords(model: NotebookModel | null): readonly LogRecord[] {
  return useObservable(model?.log.records$ ?? null, () => model?.log.getRecords() ?? noRecords);
}

const noRecords: readonly LogRecord[] = [];

/** Any other state outside of React. `read` must return the same value until the Observable emits. */
export function useObservable<T>(source: Observable<unknown> | null, read: () => T): T {
  const subscribe = useCallback(
    (changed: () => void) => {
      const subscription = source?.subscribe(changed);
      return () => subscription?.unsubscribe();
    },
    [source],
  );
  return useSyncExternalStore(subscribe, read);
}
