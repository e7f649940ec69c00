/** The ids of the commands. Scripts rely on them: they do not change. */
export const COMMANDS = {
  /** Runs what is stale in the current notebook, or in the one at `path`. */
  runStale: "stagebook:run-stale",
  /** Runs what is stale above the selected cell. */
  runStaleAbove: "stagebook:run-stale-above",
  /** Runs what is stale above the selected cell, then the cell itself. */
  runCell: "stagebook:run-cell",
  /** Explains the status of the selected cell. */
  whyCell: "stagebook:why-cell",
  /** Toggles auto-run in the current notebook, or in the one at `path`. */
  autoRun: "stagebook:auto-run",
  /** Shows the list of past runs. */
  showRuns: "stagebook:show-runs",
  /** Shows the pipeline as of the run `run`; of the latest run by default. */
  lookAtRun: "stagebook:look-at-run",
  backToNow: "stagebook:back-to-now",
  /** Shows the sidebar and the log. */
  open: "stagebook:open",
  /** Cancels the runs of the current notebook. */
  cancel: "stagebook:cancel",
  /** Runs the stage `stage` and its upstream stages. */
  runStage: "stagebook:run-stage",
  /** Scrolls to the cell `cell`, or to the cell of the stage `stage`. */
  showCell: "stagebook:show-cell",
  clearLog: "stagebook:clear-log",
  /** Shows the log; with `run` or `stage`, only the lines of that run or stage. */
  showLog: "stagebook:show-log",
  /** Runs a stage with its upstream and downstream stages. */
  runFollowing: "stagebook:run-following",
  /** Runs a stage even if its result is stored. */
  forceStage: "stagebook:force-stage",
  /** Explains the status of a stage. */
  whyStale: "stagebook:why-stale",
  /** Excludes a stage's latest result from cleanup. */
  pinResult: "stagebook:pin-result",
  unpinResult: "stagebook:unpin-result",
  /** Deletes a stage's stored results, after confirmation. */
  clearStage: "stagebook:clear-stage",
  copyName: "stagebook:copy-stage-name",
  /** Toggles whether edited values wait for the Apply button. */
  applyOnButton: "stagebook:apply-on-button",
  graphDirection: "stagebook:graph-direction",
  /** Collapses the group of the stage `stage`. */
  collapseGroup: "stagebook:collapse-group",
  collapseGroups: "stagebook:collapse-groups",
  expandGroups: "stagebook:expand-groups",
  /** Saves the graph; `format`: `svg`, `png` or `mermaid`. */
  exportGraph: "stagebook:export-graph",
} as const;
