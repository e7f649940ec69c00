/** The steps of the tour: their targets and texts. */
import type { TranslationBundle } from "@jupyterlab/translation";

export interface TourStep {
  readonly title: string;
  readonly text: string;
  /** CSS selector of what the step is about: the first that is visible. */
  readonly target: string;
}

export function tourSteps(trans: TranslationBundle): readonly TourStep[] {
  return [
    {
      title: trans.__("Parameters"),
      text: trans.__(
        "Change a value here: every stage and cell that reads it becomes stale at once. Nothing runs yet.",
      ),
      target: '[data-stagebook="params"]',
    },
    {
      title: trans.__("Run stale"),
      text: trans.__("Runs what is stale, and nothing else. Results that were computed before are loaded."),
      target: '[data-jp-item-name="stagebook-run-stale"], .stagebook-Header-buttons',
    },
    {
      title: trans.__("Stages"),
      text: trans.__("Each stage with its state. Click one to see its result, and why it is stale."),
      target: '[data-stagebook="dag"]',
    },
  ];
}
