/** The port to a batch scheduler, which starts workers: one adapter for each. */

/** The workers of one stage. */
export interface WorkersJob {
  /** Absolute path of the notebook or script. */
  readonly file: string;
  /** Absolute: where the workers start. */
  readonly folder: string;
  /** How many processes. */
  readonly workers: number;
  /** Processors of one worker. */
  readonly cpus: number;
  /** In the form that the scheduler accepts; absent for its own limit. */
  readonly time: string | undefined;
  /** Options of `stagebook work`. */
  readonly args: readonly string[];
  /** Where results are stored: a folder that all nodes share, or `s3://…`. */
  readonly store: string;
}

/** How many workers of a job wait for a node, and how many run. Both are 0 when it has ended. */
export interface JobState {
  readonly pending: number;
  readonly running: number;
}

/** Its methods throw StagebookError `scheduler-missing` when its commands are not installed, and `scheduler-failed` with their output. */
export interface Scheduler {
  /** Resolves to the id of the job. */
  submit(job: WorkersJob): Promise<string>;
  state(id: string): Promise<JobState>;
  /** A job that has ended stays as it is. */
  cancel(id: string): Promise<void>;
}
