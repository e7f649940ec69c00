/** Stored results of single items of an `each`, keyed by the stage's key without its source, and the item. */
import { describeValue } from "../../key/describe";
import { digestOf } from "../../key/digest";
import type { KnownKey, StageKey } from "../../key/key";
import { digestValue } from "../../key/values/canonical";
import { observing, unobserved, type ReadRecorder } from "../../observe";
import { type Digest, isStagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import { tableCodecs } from "../../store/codecs/v8-codec";
import { decodeValue, encodeValue } from "../../store/codecs/value";
import type { Entry } from "../../store/store";
import type { EngineContext } from "../engine-context";
import { withoutHandles } from "../external/file-handle";
import { ObservedResults } from "../plan/observed-results";
import { StoredRecords } from "../ranges/stored-records";
import type { Instance } from "../state/instances";
import { itemsOf as itemRecordsOf } from "../state/stored-names";
import { itemsOf } from "../streams/streams";
import type { ExecutionContext } from "./call-parts";
import { createRecorder, undeclaredReads, volatileReads } from "./observed-reads";

/** What the function returned for one item; `isFanned`: a generator with several results. */
interface ItemResult {
  readonly isFanned: boolean;
  readonly results: readonly unknown[];
}

export type Remember = (item: unknown, call: () => unknown) => Promise<unknown>;

/** The definition of an `each` without its source, by which the results of its items are keyed. */
const sourceless = new WeakMap<StageDefinition, Instance>();

/** Returns a stored result, or calls the function and stores its result. A store failure is logged once, and results are still returned. */
export async function rememberItems(
  engine: EngineContext,
  instance: Instance,
  execution: ExecutionContext,
): Promise<Remember> {
  const bare = sourceless.get(instance.definition) ?? withoutSource(instance);
  sourceless.set(instance.definition, bare);
  const currentKey = async (): Promise<StageKey> =>
    engine.planner.keyOf({ ...bare, overlay: instance.overlay }, execution.upstreamOutputs(), execution.externalInputs);
  const base = await currentKey();
  const hasFiles = hasFileItems(instance.definition);
  const { name, codec } = instance.definition;
  const { clock, files } = engine;
  const observed = new ObservedResults({ results: new StoredRecords(engine, itemRecordsOf(name)), clock, files });
  let hasFailed = false;
  return async (item, call) => {
    const itemDigest = hasFiles ? await digestWithFiles(engine, item) : digestItem(item);
    const declared = itemKey(base, itemDigest);
    const { entry, reads: earlier } = await unobserved(async () => observed.find(bare, declared));
    const stored =
      entry && (await decodeValue(entry.output.blobs, codec, (blob, into) => engine.store.readBlob(blob, into)));
    if (stored) {
      execution.recorder.add(earlier, entry.volatile ?? []);
      return valueOf(stored.value as ItemResult);
    }
    const recorder = createRecorder(engine);
    const result = await observing(recorder, async () => collect(await call())).finally(() =>
      execution.recorder.add(recorder.reads(), recorder.volatile()),
    );
    engine.instances.endEpoch();
    // It may have been computed by a helper that was redefined meanwhile, or from a file that has changed.
    const isCurrent =
      (await currentKey()).key === base.key &&
      (await recorder.changedSince()).length === 0 &&
      (!hasFiles || (await digestWithFiles(engine, item)) === itemDigest);
    if (!hasFailed && isCurrent)
      await store(engine, { name, codec, declared, bare, observed, recorder, execution }, result).catch(
        (error: unknown) => {
          if (!isStagebookError(error)) throw error;
          hasFailed = true;
          engine.log("warn", `${name}: results of single items are not stored: ${error.message}`, {
            stage: name,
            run: execution.runId,
          });
        },
      );
    return valueOf(result);
  };
}

function digestItem(item: unknown): Digest {
  return digestValue(item, { name: "item", foreign: tableCodecs.form });
}

/** A file counts by its name and content. */
async function digestWithFiles({ files }: Pick<EngineContext, "files">, item: unknown): Promise<Digest> {
  const digests = new Map<string, Digest | undefined>();
  withoutHandles(item, ({ path }) => digests.set(path, undefined));
  for (const path of digests.keys()) digests.set(path, (await files.state(path)).digest);
  return digestItem(withoutHandles(item, ({ path }) => new Map([[path, digests.get(path)]])));
}

/** Whether items of an `each` may be or contain handles of files: only those of a source that is not a stage. */
export function hasFileItems({ inputs }: StageDefinition): boolean {
  return inputs.leaves.some(
    (leaf) =>
      "ref" in leaf &&
      (leaf.ref.kind === "file" || leaf.ref.kind === "files") &&
      (leaf.path === "source" || leaf.path.startsWith("source.")),
  );
}

async function store(
  engine: EngineContext,
  {
    name,
    codec,
    declared,
    bare,
    observed,
    recorder,
    execution,
  }: {
    readonly name: string;
    readonly codec: StageDefinition["codec"];
    readonly declared: KnownKey;
    readonly bare: Instance;
    readonly observed: ObservedResults;
    readonly recorder: ReadRecorder;
    readonly execution: ExecutionContext;
  },
  result: ItemResult,
): Promise<void> {
  const startedAt = engine.clock.now();
  const { blobs, digest, codec: codecName, sizeBytes } = await encodeValue(result, codec);
  const reads = undeclaredReads(engine, bare, declared, recorder);
  const volatile = volatileReads(recorder);
  const { key, partial, parts } = await observed.extend(declared, reads);
  const entry: Entry = {
    format: 1,
    key,
    partial,
    parts,
    output: {
      digest,
      blobs: blobs.map(({ ref }) => ref),
      files: [],
      sizeBytes,
      codec: codecName,
      summary: describeValue(result.results[0]),
    },
    at: startedAt,
    durationMs: 0,
    params: {},
    run: execution.runId,
    made: engine.versions,
    ...(volatile.length > 0 ? { volatile } : {}),
  };
  if (reads.length > 0) await observed.remember(bare, declared, reads, entry);
  await engine.results.commitItem(name, entry, blobs);
}

function itemKey({ key = "" as Digest, partial, parts }: StageKey, itemDigest: string): KnownKey {
  return { key: digestOf(`${key} item ${itemDigest}`), partial, parts, pending: [] };
}

async function collect(returned: unknown): Promise<ItemResult> {
  const items = typeof returned === "object" && returned !== null && "next" in returned ? itemsOf(returned) : undefined;
  if (!items) return { isFanned: false, results: [returned] };
  const results: unknown[] = [];
  for await (const each of items) results.push(each);
  return { isFanned: true, results };
}

function valueOf({ isFanned, results }: ItemResult): unknown {
  return isFanned ? results.values() : results[0];
}

/** The same stage as if it had no source. */
function withoutSource(instance: Instance): Instance {
  const { inputs } = instance.definition;
  const leaves = inputs.leaves.filter(({ path }) => path !== "source" && !path.startsWith("source."));
  const definition = { ...instance.definition, inputs: { ...inputs, leaves, shape: "item" } };
  return { ...instance, id: `${instance.id} › item`, definition };
}
