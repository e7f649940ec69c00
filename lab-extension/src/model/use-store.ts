/** The React hooks over the models: the only way in which components read state from outside of React. */
import { useCallback, useSyncExternalStore } from "react";
import type { Observable } from "rxjs";
import type { LogRecord } from "stagebook/protocol";
import type { NotebookModel, NotebookState, StagebookTracker } from "../tokens";
import type { Subscribable } from "./subscribable";

/** The model of the current notebook; null while none is open. */
export function useCurrent(tracker: StagebookTracker): NotebookModel | null {
  return useObservable(tracker.current$, () => tracker.getCurrent());
}

/** The displayed state of one notebook; null without a model. */
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

/** The current value of a part of a model, or of the preferences. */
export function useSubscribable<T>(source: Subscribable<T>): T {
  return useSyncExternalStore(source.subscribe, source.get);
}

/** Any other state. `read` must return the same value until the Observable emits. */
export function useObservable<T>(source: Observable<unknown> | null, read: () => T): T {
  const subscribe = useCallback(
    (listener: () => void) => {
      const subscription = source?.subscribe(listener);
      return () => subscription?.unsubscribe();
    },
    [source],
  );
  return useSyncExternalStore(subscribe, read);
}
