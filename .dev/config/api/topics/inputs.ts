/**
 * # Other inputs
 *
 * Files, folders, computed values and resources as inputs of a stage, and the types of what its function receives.
 *
 * @module
 */
export {
  file,
  type FileInput,
  files,
  type FilesInput,
  type FileHandle,
  computed,
  resource,
  type Input,
  type Resolved,
  type Leaf,
  type PassTheStageItselfNotItsPromise,
  type Values,
  type DefineComputed,
  type DefineResource,
} from "stagebook";
