/** What the process ends with. Documented in the README: add, never change. */

export const exitCode = {
  /** Success. */
  ok: 0,
  /** A cell or a stage failed, or the store is damaged. */
  failed: 1,
  /** An option, a name, a value or a file is wrong: nothing was run, or no more. */
  usage: 2,
  /** `--check`: something would run. */
  stale: 3,
  /** `--lock`: the results are not those of pipeline.lock. */
  locked: 4,
  /** Interrupted by Ctrl-C (SIGINT). */
  interrupted: 130,
  /** Terminated by SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
