/**
 * # The pipeline
 *
 * All stages and parameters of a notebook or script: run them, ask why they are stale, collect garbage.
 *
 * @module
 */
export {
  pipeline,
  type Pipeline,
  createPipeline,
  type PipelineOptions,
  type ScriptPipeline,
  show,
  type Plan,
  type PlanRow,
  type Explanation,
  type Reason,
  type ReasonKind,
  type Freshness,
  type HistoryRow,
  type StagebookEvent,
  type LogRecord,
  StagebookError,
} from "stagebook";
