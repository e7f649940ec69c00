/** The hook over what the user has typed into the form of one notebook. Called by ParamsForm. */
import { useEffect } from "react";
import type { Drafts } from "../model/params/param-drafts";
import type { Preferences } from "../model/preferences";
import { useNotebookState, useSubscribable } from "../model/use-store";
import type { NotebookModel } from "../tokens";

export interface FormDrafts {
  /** None while a past run is shown: drafts belong to the current state. */
  readonly typed: Drafts;
  /** True while typed values wait for the Apply button. */
  readonly isPaused: boolean;
}

/** Also settles the drafts with each view, and pauses them by the user's setting. */
export function useDrafts(model: NotebookModel, preferences: Preferences): FormDrafts {
  const { view, connection } = useNotebookState(model);
  const { drafts } = model;
  const typed = useSubscribable(drafts);
  const isPast = connection === "past";
  const isPaused = useSubscribable(preferences).applyParams === "on button";
  useEffect(() => {
    if (!isPast) drafts.settle(view.params);
  }, [drafts, view.params, typed, isPast]);
  useEffect(() => drafts.setPaused(isPaused), [drafts, isPaused]);
  return { typed: isPast ? noDrafts : typed, isPaused };
}

const noDrafts: Drafts = {};
