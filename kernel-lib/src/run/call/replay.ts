/**
 * Export and replay of a stage's inputs: a folder from which its function can be called alone later, here or on another machine, to
 * find the cause of a failure, or to try a change without its upstream stages.
 *
 *   about.json             the stage, its parameters, and for each input where its value is
 *   blobs/<digest>         the bytes of the values
 *   files/<n>/<name>       an input file, or one of the files of a folder or glob
 */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { digestOf } from "../../key/digest";
import type { Digest, RunId } from "../../protocol";
import { StagebookError } from "../../protocol";
import { forEachParallel } from "../../store/concurrency";
import { readItems, storeItems } from "../../store/codecs/items";
import type { BlobRef, NewBlob } from "../../store/store";
import { decodeValue, encodeValue } from "../../store/codecs/value";
import type { InputValues } from "./call-parts";
import { inputValue, listFiles } from "./inputs";
import { linesOf } from "./stage-activity";
import type { EngineContext } from "../engine-context";
import type { ExternalInputs } from "../external/external-inputs";
import { FileOutputs } from "../external/file-outputs";
import type { MatchedFile } from "../external/matched-files";
import type { Instance } from "../state/instances";
import { createRandom } from "./random";
import { createStageContext } from "./stage-context";
import { itemsOf, StoredStream } from "../streams/streams";
import type { StageDefinition } from "../../stage/definition";
import type { InputRef } from "../../stage/input";

const FORMAT = 1;
const neverAborted = new AbortController().signal;

type SavedInput =
  | { readonly path: string; readonly kind: "file"; readonly file: string }
  | { readonly path: string; readonly kind: "files"; readonly files: readonly string[] }
  | {
      readonly path: string;
      readonly kind: "value";
      readonly of: string;
      readonly codec: string;
      readonly blobs: readonly BlobRef[];
      /** For a stream: how many items. */
      readonly items?: number;
    };

interface About {
  readonly format: typeof FORMAT;
  readonly stage: string;
  readonly seed: Digest;
  readonly params: Readonly<Record<string, string>>;
  readonly inputs: readonly SavedInput[];
}

/** Writes the current inputs into a folder, which is created. */
export async function exportInputs(
  engine: EngineContext,
  instance: Instance,
  folder: string,
  from: InputValues & { readonly seed: Digest; readonly params: Readonly<Record<string, string>> },
): Promise<void> {
  await mkdir(path.join(folder, "blobs"), { recursive: true });
  const inputs: SavedInput[] = [];
  for (const leaf of instance.definition.inputs.leaves) {
    const at = inputs.length;
    if (!("ref" in leaf) || leaf.ref.kind === "resource" || isSecret(engine, leaf.ref)) continue;
    if (leaf.ref.kind === "file") inputs.push(await saveFile(engine, leaf.ref.path, { at, leaf: leaf.path, folder }));
    else if (leaf.ref.kind === "files") {
      const files = await listFiles(engine, instance, leaf.ref.pattern, from);
      inputs.push(await saveFiles(engine, files, { at, leaf: leaf.path, folder }));
    } else {
      const value = await inputValue(engine, instance, leaf.ref, from);
      const saved = await saveValue(value, codecOf(engine, instance, leaf.ref), folder);
      inputs.push({ path: leaf.path, kind: "value", of: nameOf(leaf.ref), ...saved });
    }
  }
  const about: About = {
    format: FORMAT,
    stage: instance.definition.name,
    seed: from.seed,
    params: from.params,
    inputs,
  };
  await writeFile(path.join(folder, "about.json"), `${JSON.stringify(about, null, 2)}\n`);
}

/** Calls the stage's function with exported inputs. Runs nothing else and stores nothing. Throws `replay` for a folder without them. */
export async function replay(
  engine: EngineContext,
  instance: Instance,
  folder: string,
  externalInputs: ExternalInputs,
): Promise<unknown> {
  const { definition } = instance;
  const about = await readAbout(folder);
  const values = new Map<string, unknown>();
  for (const leaf of definition.inputs.leaves) {
    if (!("ref" in leaf)) values.set(leaf.path, leaf.value);
    else if (leaf.ref.kind === "resource") values.set(leaf.path, await externalInputs.open(leaf.ref));
    else if (leaf.ref.kind === "param" && isSecret(engine, leaf.ref))
      values.set(leaf.path, engine.params.value(leaf.ref.name, instance.overlay));
    else values.set(leaf.path, await readInput(engine, instance, leaf.ref, { leaf: leaf.path, folder, about }));
  }
  const inputs = definition.inputs.fill((leaf) => values.get(leaf.path));
  const files = new FileOutputs(definition.name, engine.store, await engine.scratch.folder());
  const context = createStageContext({
    lines: linesOf(engine, instance, "replay" as RunId, {}),
    signal: () => neverAborted,
    random: createRandom(() => about.seed),
    previous: () => Promise.resolve(undefined),
    fileOut: (name) => files.pathOf(name),
    report: () => undefined,
    // Nothing is stored, and nothing goes on.
    checkpoint: () => Promise.resolve(),
    restored: () => Promise.resolve(undefined),
    resumeFrom: () => Promise.resolve(0),
  });
  return definition.takesInputs ? definition.fn(inputs, context) : definition.fn(context);
}

/** It is not written to the folder: the function gets the current one. */
function isSecret({ params }: EngineContext, ref: InputRef): boolean {
  return ref.kind === "param" && params.definition(ref.name).secret;
}

interface InputLocation {
  /** Its position among the saved inputs. */
  readonly at: number;
  readonly leaf: string;
  readonly folder: string;
}

async function saveValue(
  value: unknown,
  codec: StageDefinition["codec"],
  folder: string,
): Promise<Omit<Extract<SavedInput, { kind: "value" }>, "path" | "kind" | "of">> {
  const put = ({ ref, pieces }: NewBlob): Promise<void> => writeFile(blobPath(folder, ref), pieces);
  const items = itemsOf(value);
  if (items) {
    const stored = await storeItems(items, codec, { put, signal: neverAborted, count: () => undefined });
    return { codec: stored.codec, blobs: stored.blobs, items: stored.items };
  }
  const encoded = await encodeValue(value, codec);
  for (const blob of encoded.blobs) await put(blob);
  return { codec: encoded.codec, blobs: encoded.blobs.map(({ ref }) => ref) };
}

function blobPath(folder: string, { digest }: BlobRef): string {
  return path.join(folder, "blobs", digest);
}

async function saveFile(
  engine: EngineContext,
  source: string,
  { at, leaf, folder }: InputLocation,
): Promise<SavedInput> {
  const file = path.join("files", String(at), path.basename(source));
  await copyInto(folder, file, engine.files.resolve(source));
  return { path: leaf, kind: "file", file };
}

async function saveFiles(
  engine: EngineContext,
  sources: readonly MatchedFile[],
  { at, leaf, folder }: InputLocation,
): Promise<SavedInput> {
  const files = sources.map(({ below }) => path.join("files", String(at), below));
  await forEachParallel(sources.entries(), 16, ([nth, source]) =>
    copyInto(folder, files[nth] ?? "", engine.files.resolve(source.path)),
  );
  return { path: leaf, kind: "files", files };
}

async function copyInto(folder: string, file: string, source: string): Promise<void> {
  const target = path.join(folder, file);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(source, target);
}

async function readInput(
  engine: EngineContext,
  instance: Instance,
  ref: InputRef,
  { leaf, folder, about }: Omit<InputLocation, "at"> & { readonly about: About },
): Promise<unknown> {
  const at = about.inputs.findIndex((input) => input.path === leaf);
  const saved = about.inputs[at];
  if (!saved) throw unusable(folder, `has no input ${leaf || "itself"} for stage "${instance.definition.name}"`);
  if (saved.kind === "file") return engine.files.handle(path.resolve(folder, saved.file));
  if (saved.kind === "files") return saved.files.map((file) => engine.files.handle(path.resolve(folder, file)));
  const read = async (blob: BlobRef, into?: Uint8Array): Promise<Uint8Array> => {
    const bytes = await readFile(blobPath(folder, blob)).catch(() => undefined);
    if (!bytes || digestOf(bytes) !== blob.digest)
      throw unusable(folder, `has no value for input ${leaf || "itself"}, or a different one`);
    into?.set(bytes);
    return into ?? bytes;
  };
  const codec = codecOf(engine, instance, ref);
  if (saved.items !== undefined)
    return new StoredStream(saved.items, (from) => readItems(saved.blobs, codec, read, from));
  return (await decodeValue(saved.blobs, codec, read))?.value;
}

async function readAbout(folder: string): Promise<About> {
  try {
    const about = JSON.parse(await readFile(path.join(folder, "about.json"), "utf8")) as About;
    if (about.format === FORMAT) return about;
  } catch (error) {
    throw unusable(folder, "does not contain exported inputs", error);
  }
  throw unusable(folder, "was written by another version of Stagebook");
}

function unusable(folder: string, what: string, cause?: unknown): StagebookError {
  return new StagebookError("replay", `${folder} ${what}`, "Export them: await stage.exportInputs(folder).", { cause });
}

function codecOf(engine: EngineContext, instance: Instance, ref: InputRef): StageDefinition["codec"] {
  return ref.kind === "stage" ? engine.instances.ofRef(ref, instance).definition.codec : undefined;
}

function nameOf(ref: InputRef): string {
  return "name" in ref ? ref.name : ref.kind;
}
