/** Exit codes. They are documented: add, never change. */

export const exitCode = {
  ok: 0,
  /** A cell or a stage failed, or the store is damaged. */
  failed: 1,
  /** A usage error: an option, a name, a value or a file is wrong. */
  usage: 2,
  /** `--check`: something would run. */
  stale: 3,
  /** `--lock`: the results differ from pipeline.lock. */
  locked: 4,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
