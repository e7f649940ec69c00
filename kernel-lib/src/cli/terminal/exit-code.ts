/** What the process ends with. Documented in the README: add, never change. */

export const exitCode = {
  ok: 0,
  /** A cell or a stage failed, or the store is damaged. */
  failed: 1,
  /** An option, a name, a value or a file is wrong: nothing was run, or no more. */
  usage: 2,
  /** `--check`: something would run. */
  stale: 3,
  /** `--lock`: the results are not those of pipeline.lock. */
  locked: 4,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
