/** A stage's body in a thread, from the kernel's side: what it is sent, what it is told, and what becomes of its output. */
import { StagebookError } from "../../protocol";
import type { InputLeaf, InputRef } from "../../stage/input";
import type { Entry } from "../../store/store";
import { findActivity, type StageActivity } from "../state/activity";
import { copied, createStageActivity, linesOf } from "../call/call";
import type { ExecutionContext, KnownKey, ExecutionResult } from "../call/call-parts";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";
import { storeResult } from "../call/store-result";
import { runTask } from "../call/sync-task";
import { callInWorker, type CallHost } from "./thread-call";
import { locateCall, describeOutput, readStage, receiveNote } from "./host-side";
import type { Ask, ExecutionPayload, ExecutionTask, InputPlan, Note } from "./messages";
import { notShippable } from "../shipping/refusals";
import { ship, type Shipped } from "../shipping/ship";

/** Before a body may begin: what its thread will read is there, or is made again. */
export async function checkInputs(engine: EngineContext, instance: Instance, run: ExecutionContext): Promise<void> {
  const entries = run.entriesAbove();
  for (const leaf of instance.definition.inputs.leaves) {
    const need = needOf(engine, instance, leaf);
    const entry = need && entries.get(need.id);
    if (!need || !entry) continue;
    const { validate, onLoad } = need.definition;
    // The kernel alone can ask the stage's own checks.
    const isReadHere = validate !== undefined || onLoad !== undefined;
    const isThere = !engine.results.isInStore(entry) || (await engine.store.isWhole(entry));
    if (isReadHere || !isThere) await run.valueOf(need);
  }
}

/** As `runBody`, in a thread. Throws `not-shippable` and `worker-crashed` too. */
export async function executeInWorker(
  engine: EngineContext,
  instance: Instance,
  key: KnownKey,
  run: ExecutionContext,
  priority: number,
): Promise<ExecutionResult> {
  const { definition } = instance;
  const unplanned = new Set<string>();
  const outer = findActivity();
  const activity = createStageActivity(engine, instance, run, linesOf(engine, instance, run, {}), unplanned);
  const body = new WorkerBody(engine, instance, run, { ...outer, cell: definition.cell ?? outer.cell, source: run.source, stage: activity }); // prettier-ignore
  const release = await body.hold();
  try {
    const { shipped, work } = await body.pack();
    const order = { shipment: shipped.bytes, work, place: await locateCall(engine, instance, run) };
    const result = await callInWorker(order, body, { stop: run.stop, priority });
    engine.instances.endEpoch();
    if (result.kind !== "body") throw new TypeError("a body was asked for");
    const blobs = result.blobs.map(({ ref, bytes }) => ({ ref, pieces: [bytes] }));
    const place = { durationMs: result.durationMs, run, unplanned };
    return await runTask(storeResult(engine, instance, key, { output: result.output, blobs }, place));
  } finally {
    await release();
  }
}

class WorkerBody implements CallHost {
  private shipped: Shipped | undefined;
  private previous: Entry | undefined;

  constructor(
    private readonly engine: EngineContext,
    private readonly instance: Instance,
    private readonly run: ExecutionContext,
    private readonly activity: ReturnType<typeof findActivity> & { readonly stage: StageActivity },
  ) {}

  /** Upkeep leaves streams alone while the thread reads them. */
  async hold(): Promise<() => Promise<unknown>> {
    const entries = [...this.run.entriesAbove().values()].filter(({ output }) => output.items !== undefined);
    const held = await Promise.all(entries.map((entry) => this.engine.store.hold(entry)));
    return () => Promise.all(held.map((release) => release()));
  }

  /** Throws `not-shippable`. */
  async pack(): Promise<{ readonly shipped: Shipped; readonly work: ExecutionTask }> {
    const { engine, instance } = this;
    const { definition } = instance;
    const { leaves } = definition.inputs;
    const inputs: InputPlan[] = [];
    const values: unknown[] = [];
    for (const leaf of leaves) {
      const { plan, value } = await this.planInput(leaf);
      inputs.push(plan);
      values.push(value);
    }
    const frame: unknown = definition.takesInputs
      ? definition.inputs.fill((leaf) => leaves.findIndex(({ path }) => path === leaf.path))
      : undefined;
    const cargo: ExecutionPayload = {
      fn: definition.fn,
      codec: definition.codec,
      frame,
      values,
      codecs: leaves.map((leaf) => needOf(engine, instance, leaf)?.definition.codec),
    };
    this.shipped = ship(cargo, definition.name, {
      scopes: engine.scopes,
      labels: new Map<unknown, string>([
        ...leaves.map((leaf, at) => [values[at], leaf.path || "input"] as const),
        [definition.codec, "codec"],
        [definition.fn, "the stage's function"],
      ]),
      paramValue: (name) => engine.params.value(name, instance.overlay),
    });
    const folder = engine.store.threads?.folder;
    return {
      shipped: this.shipped,
      work: {
        kind: "body",
        ...(folder === undefined ? {} : { folder }),
        writesThere: folder !== undefined && definition.cache,
        takesInputs: definition.takesInputs,
        inputs,
        outputs: definition.outputs,
        extra: definition.extra,
      },
    };
  }

  async answer(ask: Ask): Promise<unknown> {
    const { engine, run } = this;
    switch (ask.kind) {
      case "stage":
        return readStage(this.shipped, ask.at, this.activity);
      case "blob": {
        const entry = ask.of === "previous" ? this.previous : this.entryAt(ask.of);
        return entry && engine.results.reader(entry)(ask.ref);
      }
      case "lost": {
        const need = this.needAt(ask.of);
        if (need) await run.valueOf(need);
        const entry = this.entryAt(ask.of);
        return entry && describeOutput(engine, entry);
      }
      case "previous": {
        this.previous = await engine.results.latest(this.instance);
        return this.previous && describeOutput(engine, this.previous);
      }
      case "announce":
        return engine.store.threads?.announce(ask.digests);
      case "put":
        return engine.store.putBlob({ ref: ask.ref, pieces: [ask.bytes] });
      case "adopt":
        return engine.store.adoptFile(ask.path, ask.name);
    }
  }

  note(note: Note): void {
    receiveNote(note, this.engine, this.instance, { run: this.run, activity: this.activity });
  }

  private async planInput(leaf: InputLeaf): Promise<{ readonly plan: InputPlan; readonly value?: unknown }> {
    const { engine, instance, run } = this;
    if (!("ref" in leaf)) return { plan: { kind: "value" }, value: leaf.value };
    const { ref } = leaf;
    switch (ref.kind) {
      case "file":
        return { plan: { kind: "file", path: ref.path, folder: engine.files.folder } };
      case "param":
        return { plan: { kind: "value" }, value: engine.params.value(ref.name, instance.overlay) };
      case "computed": {
        const computed = await run.externalInputs.compute(ref);
        if ("error" in computed) throw computed.error;
        return { plan: { kind: "value" }, value: copied(computed.value) };
      }
      case "resource":
        throw notShippable(leaf.path || ref.name, `the resource "${ref.name}"`, "Open it inside the stage's function, or run the stage without worker."); // prettier-ignore
      case "stage": {
        const entry = run.entriesAbove().get(engine.instances.ofRef(ref, instance).id);
        if (!entry) throw new StagebookError("internal", `input ${leaf.path} has no result`, "Please report this.");
        const output = await describeOutput(engine, entry);
        return { plan: { kind: "stored", output } };
      }
    }
  }

  private needAt(at: number): Instance | undefined {
    const leaf = this.instance.definition.inputs.leaves[at];
    return leaf && needOf(this.engine, this.instance, leaf);
  }

  private entryAt(at: number): Entry | undefined {
    const need = this.needAt(at);
    return need && this.run.entriesAbove().get(need.id);
  }
}

function needOf(engine: EngineContext, instance: Instance, leaf: InputLeaf): Instance | undefined {
  const ref: InputRef | undefined = "ref" in leaf ? leaf.ref : undefined;
  return ref?.kind === "stage" ? engine.instances.ofRef(ref, instance) : undefined;
}
