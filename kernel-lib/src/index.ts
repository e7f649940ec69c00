/** The public API of Stagebook: what the cells of a notebook import. */
import { lazyFile } from "./async/lazy-module";
import { connectNotebook } from "./notebook/connect";
import { showValue } from "./notebook/cells/display";
import { ParamDisplays } from "./notebook/cells/param-displays";
import { findNotebookExports, findTslabKernel } from "./notebook/tslab/tslab";
import { createPipelineWithInternals, version } from "./pipeline";
import { findPipelineContext } from "./pipeline-context";
import type { Pipeline, PipelineOptions, ScriptPipeline } from "./pipeline-types";
import type { DefineComputed, DefineResource, FileInput, FilesInput } from "./stage/public/inputs";
import type { DefineParam } from "./stage/public/params";
import type { DefineEach, DefineStage } from "./stage/public/stages";
import { toMermaid } from "./export/mermaid";
import type * as PictureExport from "./export/picture";
import { observeShown } from "./run/api/shown";
import { inputOf } from "./stage/input";
import { createComputedInput, createFileInput, createFilesInput, createResourceInput } from "./stage/handle";

/** Loaded when a picture is shown: the layout's library costs more than the rest of an import. */
const loadPicture = lazyFile<typeof PictureExport>("export/picture");
const kernel = findTslabKernel();
const { pipeline: own, internals } = createPipelineWithInternals({}, findNotebookExports);

/**
 * This kernel's pipeline: all stages and parameters that its cells define.
 *
 * @example
 * ```ts
 * import { param, pipeline, stage } from "stagebook";
 *
 * const limit = param("limit", 10);
 * stage("squares", { limit }, ({ limit }) => Array.from({ length: limit }, (_, i) => i * i));
 *
 * await pipeline.run();
 * limit.set(20);
 * console.log(await pipeline.outdated()); // [ 'squares' ]
 * ```
 */
export const pipeline: Pipeline = own;

/**
 * Defines a stage: a named function of its inputs whose output is cached until something that could change it changes.
 *
 * Throws `name`, `name-taken`, `stage-function`, `stage-options`, `input-promise` and `foreign-input`.
 *
 * @example
 * ```ts
 * import { stage } from "stagebook";
 *
 * const numbers = stage("numbers", () => [3, 1, 2]);
 * const sorted = stage("sorted", { numbers }, ({ numbers }, { log }) => {
 *   log.info("sorting", { count: numbers.length });
 *   return [...numbers].sort((a, b) => a - b);
 * });
 *
 * console.log(await sorted()); // [ 1, 2, 3 ]
 * ```
 *
 * @function
 */
export const stage: DefineStage = own.stage;

/**
 * Defines a stage that calls its function for each item of a stream or a list, several in parallel, and returns a stream of the results.
 *
 * Throws the same errors as `stage`, and `each-source` if the source has no items.
 *
 * @example
 * ```ts
 * import { each, stage } from "stagebook";
 *
 * const pages = stage("pages", async function* () {
 *   for (let page = 1; page <= 3; page++) yield page;
 * });
 * const doubled = each("doubled", pages, (page) => page * 2, { workers: 2 });
 *
 * console.log(await doubled.toArray()); // [ 2, 4, 6 ]
 * ```
 *
 * @function
 */
export const each: DefineEach = own.each;

/**
 * Defines a parameter: a value that can be changed in the sidebar. Its type is that of the default, narrowed by `choices` or `schema`.
 *
 * Throws `name`, `name-taken`, `param-options`, and `param-value` for a default outside its own limits.
 *
 * @example
 * ```ts
 * import { param, stage } from "stagebook";
 *
 * const minMagnitude = param("minMagnitude", 4.5, { min: 0, max: 10, step: 0.1, unit: "Mw" });
 * const order = param("order", "newest", { choices: ["newest", "strongest"] });
 * const title = stage("title", { minMagnitude, order }, ({ minMagnitude, order }) => `${order} from ${minMagnitude}`);
 *
 * console.log(await title()); // newest from 4.5
 * ```
 *
 * @function
 */
export const param: DefineParam = own.param;

/**
 * An external file as an input: its content counts in the key. `path` is relative to the notebook. Throws `file-path`.
 *
 * @example
 * ```ts
 * import fs from "node:fs";
 * import { file, stage } from "stagebook";
 *
 * fs.writeFileSync("words.txt", "one\ntwo\n");
 * const words = stage("words", { source: file("words.txt") }, async ({ source }) => (await source.text()).trim().split("\n"));
 *
 * console.log(await words()); // [ 'one', 'two' ]
 * ```
 */
export function file(path: string): FileInput {
  return createFileInput(path);
}

/**
 * The files of a folder, at any depth, or those that match a glob, as an input: their names and contents count in the key. The stage
 * receives a list of them, sorted by path; an empty one, with a warning, if there is none. Hidden files and `node_modules` are left out.
 * `pattern` is relative to the notebook. Throws `files-pattern`.
 *
 * @example
 * ```ts
 * import fs from "node:fs";
 * import { files, stage } from "stagebook";
 *
 * fs.mkdirSync("notes", { recursive: true });
 * fs.writeFileSync("notes/a.txt", "one two");
 * fs.writeFileSync("notes/b.txt", "three");
 * const words = stage("words", { notes: files("notes/*.txt") }, async ({ notes }) => {
 *   const texts = await Promise.all(notes.map((note) => note.text()));
 *   return texts.flatMap((text) => text.split(" "));
 * });
 *
 * console.log(await words()); // [ 'one', 'two', 'three' ]
 * ```
 */
export function files(pattern: string): FilesInput {
  return createFilesInput(pattern);
}

/**
 * A callback as an input: it is called at most once per plan and per run, and its value counts in the key. Throws `computed-function`.
 *
 * @example
 * ```ts
 * import { computed, stage } from "stagebook";
 *
 * const today = computed(() => new Date().toISOString().slice(0, 10));
 * const report = stage("report", { today }, ({ today }) => `as of ${today}`);
 *
 * console.log((await report()).length); // 16
 * ```
 *
 * @function
 */
export const computed: DefineComputed = createComputedInput;

/**
 * A client or connection as an input: opened at first use in a run and closed when the run has ended. It never counts in the key.
 * `close` is called with the resource when the run that opened it has ended. Throws `name`, `resource-function` and `resource-options`.
 *
 * @example
 * ```ts
 * import { resource, stage } from "stagebook";
 *
 * const client = resource("client", () => ({ find: (id: number) => `row ${id}`, end: () => undefined }), {
 *   close: (client) => client.end(),
 * });
 * const row = stage("row", { client }, ({ client }) => client.find(7));
 *
 * console.log(await row()); // row 7
 * ```
 *
 * @function
 */
export const resource: DefineResource = createResourceInput;

/**
 * Displays values as output of the cell: a table for an array of objects, an image (PNG, JPEG, GIF, SVG), the markup of a DOM element,
 * a graph for the pipeline, a live control for a parameter (several in a row are one form); anything else as text.
 *
 * @example
 * ```ts
 * import { param, show } from "stagebook";
 *
 * show([
 *   { city: "Lima", magnitude: 5.1 },
 *   { city: "Oslo", magnitude: 2.3 },
 * ]);
 * show(param("limit", 10, { min: 1, max: 100 }));
 * ```
 */
export function show(value: unknown, ...more: readonly unknown[]): void {
  const values = [value, ...more];
  for (let at = 0; at < values.length; at++) {
    const names: string[] = [];
    for (let name = paramIn(values[at]); name !== undefined; name = paramIn(values[++at])) names.push(name);
    if (names.length > 0) shownParams.show(names);
    if (at < values.length) showOne(values[at]);
  }
}

const shownParams = new ParamDisplays(internals);

/** Its name, for a parameter of this notebook's pipeline. */
function paramIn(value: unknown): string | undefined {
  const ref = inputOf(value);
  return ref?.kind === "param" && ref.owner === internals.engine ? ref.name : undefined;
}

function showOne(value: unknown): void {
  showValue(value, (candidate) => {
    if (candidate !== own) return undefined;
    observeShown("the pipeline", () => toMermaid(internals.bus.view));
    return loadPicture().graphBundle(internals.bus.view);
  });
}

/**
 * Creates a separate pipeline, for scripts and tests. Throws `pipeline-options`, and for a store that cannot be opened `store-kind`,
 * `store-location`, `store-credentials`, `store-options` or `trust-key`.
 *
 * @example
 * ```ts
 * import { createPipeline } from "stagebook";
 *
 * const { stage, run, load } = createPipeline({ store: "memory" });
 * stage("answer", () => 42);
 *
 * await run();
 * console.log(await load("answer")); // 42
 * ```
 */
export function createPipeline(options: PipelineOptions = {}): ScriptPipeline {
  return createPipelineWithInternals(options, findNotebookExports).pipeline;
}

if (kernel) connectNotebook(kernel, internals, { version, environment: findPipelineContext().environment });

export { StagebookError } from "./protocol";
export type { Digest, LogRecord, Reason, ReasonKind, RunId, StagebookEvent } from "./protocol";
export type { Pipeline, PipelineOptions, ScriptPipeline } from "./pipeline-types";
export { bucketStore, type BucketStoreOptions } from "./store/bucket/store";
export type { Bucket, BucketItem } from "./store/bucket/port";
export type { KeyPart } from "./key/parts";
export type * from "./store/store";
export type * from "./stage/public/context";
export type * from "./stage/public/inputs";
export type * from "./stage/public/options";
export type * from "./stage/public/params";
export type * from "./stage/public/plans";
export type * from "./stage/public/stages";
export type * from "./stage/public/streams";
