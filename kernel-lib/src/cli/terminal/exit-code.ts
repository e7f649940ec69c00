/** Exit codes. They are documented: add, never change. */

export const exitCode = {
  /** Success. */
  ok: 0,
  /** A cell or a stage failed, or the store is damaged. */
  failed: 1,
  /** A usage error: an option, a name, a value or a file is wrong. */
  usage: 2,
  /** `--check`: something would run. */
  stale: 3,
  /** `--lock`: the results differ from pipeline.lock. */
  locked: 4,
  /** `audit`: a stage returned another value when it was executed again, or failed. */
  different: 5,
  /** `run --limit`: it would take more machine time than the limit; nothing was run. */
  costly: 6,
  /** Interrupted by Ctrl-C (SIGINT). */
  interrupted: 130,
  /** Terminated by SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
