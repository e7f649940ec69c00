/**
 * # The context of a stage function
 *
 * The last argument of every stage function: the log, progress, cancellation, files and checkpoints.
 *
 * @module
 */
export type { StageContext, Logger, LogLine, Progress } from "stagebook";
