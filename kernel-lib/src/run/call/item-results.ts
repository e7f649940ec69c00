/** Results of single items of an `each`, kept by themselves: the key of the stage without its source, and the item. */
import { digestValue } from "../../key/values/canonical";
import { digestOf } from "../../key/digest";
import { describeValue } from "../../key/describe";
import type { StageKey } from "../../key/key";
import { StagebookError, type Digest } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import type { Entry } from "../../store/store";
import { decodeValue, encodeValue } from "../../store/codecs/value";
import type { ExecutionContext } from "./call-parts";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";
import { itemsOf } from "../streams/streams";

/** What a generator gave for one item. */
interface Fanned {
  readonly isFanned: boolean;
  readonly results: readonly unknown[];
}

export type Remember = (item: unknown, call: () => unknown) => Promise<unknown>;

/** The definition of an `each` without its source, by which the results of its items are keyed. */
const sourceless = new WeakMap<StageDefinition, Instance>();

/** Gives a kept result, or calls and keeps. What cannot be kept is given all the same; the store's trouble is told once. */
export async function rememberItems(
  engine: EngineContext,
  instance: Instance,
  run: ExecutionContext,
): Promise<Remember> {
  const bare = sourceless.get(instance.definition) ?? without(instance);
  sourceless.set(instance.definition, bare);
  const keyNow = async (): Promise<StageKey> =>
    engine.planner.keyOf({ ...bare, overlay: instance.overlay }, run.outputsNow(), run.externalInputs);
  const base = await keyNow();
  const { name, codec } = instance.definition;
  let hasTrouble = false;
  return async (item, call) => {
    const key = digestOf(`${base.key ?? ""} item ${digestValue(item, { name: "item" })}`);
    const entry = await engine.store.findEntry(key);
    const kept =
      entry && (await decodeValue(entry.output.blobs, codec, (blob, into) => engine.store.readBlob(blob, into)));
    if (kept) return given(kept.value as Fanned);
    const fanned = await collected(await call());
    engine.instances.endEpoch();
    // A helper that was redefined meanwhile may have made it.
    if (!hasTrouble && (await keyNow()).key === base.key)
      await store(engine, { name, codec, base, key, run }, fanned).catch((error: unknown) => {
        if (!(error instanceof StagebookError)) throw error;
        hasTrouble = true;
        engine.log("warn", `${name}: results of single items are not kept: ${error.message}`, {
          stage: name,
          run: run.run,
        });
      });
    return given(fanned);
  };
}

async function store(
  engine: EngineContext,
  {
    name,
    codec,
    base,
    key,
    run,
  }: {
    readonly name: string;
    readonly codec: StageDefinition["codec"];
    readonly base: StageKey;
    readonly key: Digest;
    readonly run: ExecutionContext;
  },
  fanned: Fanned,
): Promise<void> {
  const startedAt = engine.clock.now();
  const { blobs, digest, codec: codecName, sizeBytes } = await encodeValue(fanned, codec);
  const entry: Entry = {
    format: 1,
    key,
    partial: base.partial,
    parts: base.parts,
    output: {
      digest,
      blobs: blobs.map(({ ref }) => ref),
      files: [],
      sizeBytes,
      codec: codecName,
      summary: describeValue(fanned.results[0]),
    },
    at: startedAt,
    durationMs: 0,
    params: {},
    run: run.run,
    made: engine.made,
  };
  await engine.results.commitItem(name, entry, blobs);
}

async function collected(result: unknown): Promise<Fanned> {
  const items = typeof result === "object" && result !== null && "next" in result ? itemsOf(result) : undefined;
  if (!items) return { isFanned: false, results: [result] };
  const results: unknown[] = [];
  for await (const each of items) results.push(each);
  return { isFanned: true, results };
}

function given({ isFanned, results }: Fanned): unknown {
  return isFanned ? results.values() : results[0];
}

/** The same stage as if it had no source. */
function without(instance: Instance): Instance {
  const { inputs } = instance.definition;
  const leaves = inputs.leaves.filter(({ path }) => path !== "source" && !path.startsWith("source."));
  const definition = { ...instance.definition, inputs: { ...inputs, leaves, shape: "item" } };
  return { ...instance, id: `${instance.id} › item`, definition };
}
