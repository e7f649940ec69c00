/** The public API of Stagebook: what notebook cells and scripts import. */
import { graphBundle } from "./export/mermaid";
import { connectNotebook } from "./notebook/connect";
import { showValue } from "./notebook/cells/display";
import { findNotebookExports, findTslabKernel } from "./notebook/tslab/tslab";
import {
  createPipelineWithInternals,
  version,
  type Pipeline,
  type PipelineOptions,
  type ScriptPipeline,
} from "./pipeline";
import type { DefineComputed, DefineEach, DefineParam, DefineResource, DefineStage, FileInput } from "./stage/face";
import { createComputedInput, createFileInput, createResourceInput } from "./stage/handle";

const kernel = findTslabKernel();
const { pipeline: own, internals } = createPipelineWithInternals({}, findNotebookExports);

/** This kernel's pipeline: all stages and parameters that its cells define. */
export const pipeline: Pipeline = own;

/** Defines a stage: a named function of its inputs whose output is kept until something that could change it changes. */
export const stage: DefineStage = own.stage;

/** Defines a stage that calls its function for each item of a stream or a list, several at a time, and makes a stream of the results. */
export const each: DefineEach = own.each;

/** Defines a parameter: a value that can be changed in the sidebar. Its type is that of the default, narrowed by `choices` or `schema`. */
export const param: DefineParam = own.param;

/** An external file as an input: its content counts. The path is relative to the notebook. */
export function file(path: string): FileInput {
  return createFileInput(path);
}

/** A callback as an input: it is called when a plan or a run needs its value, and the value counts. */
export const computed: DefineComputed = (fn) => createComputedInput(fn) as never;

/** A client or connection as an input: opened at first use in a run, closed after it; it never counts. */
export const resource: DefineResource = (name, open, options) => createResourceInput(name, open, options) as never;

/** Displays a value in the cell: a table for an array of objects, a picture, a graph for the pipeline. */
export function show(value: unknown): void {
  showValue(value, (candidate) => (candidate === own ? graphBundle(internals.bus.view) : undefined));
}

/** A pipeline of its own, for scripts and tests. Throws `pipeline-options`. */
export function createPipeline(options: PipelineOptions = {}): ScriptPipeline {
  return createPipelineWithInternals(options, findNotebookExports).pipeline;
}

if (kernel) connectNotebook(kernel, internals, version);

export { StagebookError } from "./protocol";
export type { Digest, LogRecord, Reason, ReasonKind, RunId, StagebookEvent } from "./protocol";
export type { Pipeline, PipelineOptions, ScriptPipeline } from "./pipeline";
export { bucketStore, type BucketStoreOptions } from "./store/bucket/store";
export type { Bucket, BucketItem } from "./store/bucket/port";
export type { KeyPart } from "./key/parts";
export type * from "./store/store";
export type * from "./stage/face";
