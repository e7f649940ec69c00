/** The commands, with ids that are kept stable for scripts. */
export const COMMANDS = {
  /** Runs what is stale in the current notebook, or in that of `path`. */
  runStale: "stagebook:run-stale",
  /** Runs what is stale above the selected cell. */
  runStaleAbove: "stagebook:run-stale-above",
  /** Runs what is stale above the selected cell, and then that cell. */
  runCell: "stagebook:run-cell",
  /** Tells why the selected cell has its mark. */
  whyCell: "stagebook:why-cell",
  /** Whether a changed parameter runs what is stale, in the current notebook or in that of `path`. */
  autoRun: "stagebook:auto-run",
  /** Shows the runs that are over. */
  showRuns: "stagebook:show-runs",
  /** Shows the run `run`, the latest without it, as it was. */
  lookAtRun: "stagebook:look-at-run",
  backToNow: "stagebook:back-to-now",
  /** Shows the sidebar and the log. */
  open: "stagebook:open",
  /** Stops the runs of the current notebook. */
  cancel: "stagebook:cancel",
  /** Runs the stage `stage` and what it needs. */
  runStage: "stagebook:run-stage",
  /** Scrolls to the cell `cell`, or to that of the stage `stage`. */
  showCell: "stagebook:show-cell",
  clearLog: "stagebook:clear-log",
  /** Shows the log, of the run `run` or the stage `stage` alone. */
  showLog: "stagebook:show-log",
  /** Runs a stage, what it needs, and what follows from it. */
  runFollowing: "stagebook:run-following",
  /** Runs a stage anew, also when its result is stored. */
  forceStage: "stagebook:force-stage",
  /** Shows why a stage has its status. */
  whyStale: "stagebook:why-stale",
  /** Keeps a stage's latest result from being cleaned away. */
  pinResult: "stagebook:pin-result",
  unpinResult: "stagebook:unpin-result",
  /** Forgets a stage's results, after a question. */
  clearStage: "stagebook:clear-stage",
  copyName: "stagebook:copy-stage-name",
  /** Whether values typed into the form wait for the Apply button. */
  applyOnButton: "stagebook:apply-on-button",
  graphDirection: "stagebook:graph-direction",
  /** Collapses the group of the stage `stage`. */
  collapseGroup: "stagebook:collapse-group",
  collapseGroups: "stagebook:collapse-groups",
  expandGroups: "stagebook:expand-groups",
  /** Saves the graph; `format`: `svg`, `png` or `mermaid`. */
  exportGraph: "stagebook:export-graph",
} as const;
