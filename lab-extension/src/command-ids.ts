/** The commands, with ids that are kept stable for scripts. */
export const COMMANDS = {
  /** Runs what is stale in the current notebook, or in that of `path`. */
  runStale: "stagebook:run-stale",
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
} as const;
