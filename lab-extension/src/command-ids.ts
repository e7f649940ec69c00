/** The ids of the commands. Stable, for scripts and key bindings. */
export const COMMANDS = {
  /** Runs the stale stages and cells of the current notebook, or of the notebook at `path`. */
  runStale: "stagebook:run-stale",
  /** Runs the stale stages and cells above the selected cell. */
  runStaleAbove: "stagebook:run-stale-above",
  /** Runs the stale stages and cells above the selected cell, then that cell. */
  runCell: "stagebook:run-cell",
  /** Shows why the selected cell has its status. */
  whyCell: "stagebook:why-cell",
  /** Toggles auto-run in the current notebook, or in the notebook at `path`: a parameter change then runs stale stages. */
  autoRun: "stagebook:auto-run",
  /** Shows the list of past runs. */
  showRuns: "stagebook:show-runs",
  /** Shows the past run `run`; without it, the most recent one. */
  lookAtRun: "stagebook:look-at-run",
  /** Returns from a past run to the current state. */
  backToNow: "stagebook:back-to-now",
  /** Shows the sidebar. */
  open: "stagebook:open",
  /** Stops the runs of the current notebook. */
  cancel: "stagebook:cancel",
  /** Runs the stage `stage` and its upstream stages. */
  runStage: "stagebook:run-stage",
  /** Scrolls to the cell `cell`, or to the cell that defines the stage `stage`. */
  showCell: "stagebook:show-cell",
  clearLog: "stagebook:clear-log",
  /** Shows the log, filtered by the run `run` or the stage `stage`. */
  showLog: "stagebook:show-log",
  /** Runs a stage with its upstream and downstream stages. */
  runFollowing: "stagebook:run-following",
  /** Runs a stage even if its result is cached. */
  forceStage: "stagebook:force-stage",
  /** Shows why a stage has its status. */
  whyStale: "stagebook:why-stale",
  /** Protects a stage's latest result from being removed by gc. */
  pinResult: "stagebook:pin-result",
  unpinResult: "stagebook:unpin-result",
  /** Removes a stage's cached results, after a confirmation. */
  clearStage: "stagebook:clear-stage",
  copyName: "stagebook:copy-stage-name",
  /** Toggles whether typed parameter values wait for the Apply button. */
  applyOnButton: "stagebook:apply-on-button",
  /** Toggles whether the sidebar shows the graph as a list or as a drawing. */
  graphView: "stagebook:graph-view",
  /** Opens the drawing of the graph in a tab of the main area. */
  openGraph: "stagebook:open-graph",
  graphDirection: "stagebook:graph-direction",
  /** Collapses the group of the stage `stage`. */
  collapseGroup: "stagebook:collapse-group",
  collapseGroups: "stagebook:collapse-groups",
  expandGroups: "stagebook:expand-groups",
  /** Saves the graph; `format`: `svg`, `png` or `mermaid`. */
  exportGraph: "stagebook:export-graph",
  /** Inserts a small pipeline into the current notebook. */
  insertExample: "stagebook:insert-example",
  /** Insert a stage or a parameter below the selected cell. */
  insertStage: "stagebook:insert-stage",
  insertParam: "stagebook:insert-parameter",
  /** Creates a notebook with a small pipeline in the folder `cwd`, and opens it. */
  newNotebook: "stagebook:new-notebook",
  /** Points at the parameters, Run stale and the stages, one after the other. */
  tour: "stagebook:tour",
} as const;
