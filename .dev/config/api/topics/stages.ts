/**
 * # Stages
 *
 * A stage is a named function of its inputs whose output is cached. `stage` defines it; call the stage to get its output.
 *
 * @module
 */
export {
  stage,
  type Stage,
  type StageOptions,
  type Codec,
  type Running,
  type RunOptions,
  type RunOn,
  type SweepRow,
  type Produced,
  type DefineStage,
} from "stagebook";
