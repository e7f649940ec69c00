/** A stage's function called in a worker thread, seen from the kernel: what is sent, how requests are answered, what comes back. */
import { StagebookError } from "../../../protocol";
import type { InputLeaf, InputRef } from "../../../stage/input";
import type { Entry } from "../../../store/store";
import { findActivity, type StageActivity } from "../../state/activity";
import type { ExecutionContext, Returned } from "../../call/call-parts";
import { copyOf, listFiles } from "../../call/inputs";
import { createStageActivity, linesOf } from "../../call/stage-activity";
import type { EngineContext } from "../../engine-context";
import { secrets } from "../../../secrets/secret-texts";
import type { Instance } from "../../state/instances";
import { callInWorker } from "./thread-call";
import type { RequestHandler } from "./thread-session";
import { locateCall, describeOutput, readStage, receiveNotification } from "./kernel-side";
import type { ExecutionPayload, ExecutionTask, InputPlan, KernelRequest, Notification } from "../messages";
import { notShippable } from "../../shipping/packing";
import { ship, type Shipped } from "../../shipping/ship";

/** Ensures that the thread can read the stage's inputs: what is missing from the store, or must be checked here, is loaded first. */
export async function checkInputs(
  engine: EngineContext,
  instance: Instance,
  execution: ExecutionContext,
): Promise<void> {
  const entries = execution.upstreamEntries();
  for (const leaf of instance.definition.inputs.leaves) {
    const upstream = upstreamOf(engine, instance, leaf);
    const entry = upstream && entries.get(upstream.id);
    if (!upstream || !entry) continue;
    const { validate, onLoad } = upstream.definition;
    // Only the kernel can call the upstream stage's own checks.
    const isReadHere = validate !== undefined || onLoad !== undefined;
    const isComplete = !engine.results.isInStore(entry) || (await engine.store.isWhole(entry));
    if (isReadHere || !isComplete) await execution.valueOf(upstream);
  }
}

/** As `callFunction`, in a thread. Throws `not-shippable` and `worker-crashed` too. */
export async function callFunctionInThread(
  engine: EngineContext,
  instance: Instance,
  execution: ExecutionContext,
  priority: number,
): Promise<Returned> {
  const { definition } = instance;
  const unplanned = new Set<string>();
  const outer = findActivity();
  const lines = linesOf(engine, instance, execution.runId, {});
  const stage = createStageActivity(engine, instance, execution, lines, unplanned);
  const activity = { ...outer, cell: definition.cell ?? outer.cell, source: execution.source, stage };
  const handler = new StageRequests(engine, instance, execution, activity);
  const release = await handler.holdStreams();
  try {
    const { shipped, task } = await handler.pack();
    const call = { shipment: shipped.bytes, task, location: await locateCall(engine, instance, execution) };
    const result = await callInWorker(call, handler, {
      cancelToken: execution.cancelToken,
      recorder: execution.recorder,
      memoryBytes: definition.memoryBytes,
      priority,
    });
    engine.instances.endEpoch();
    const blobs = result.blobs.map(({ ref, bytes }) => ({ ref, pieces: [bytes] }));
    return { encoded: { output: result.output, blobs }, durationMs: result.durationMs, unplanned };
  } finally {
    await release();
  }
}

class StageRequests implements RequestHandler {
  private shipped: Shipped | undefined;
  private previous: Entry | undefined;

  constructor(
    private readonly engine: EngineContext,
    private readonly instance: Instance,
    private readonly execution: ExecutionContext,
    private readonly activity: ReturnType<typeof findActivity> & { readonly stage: StageActivity },
  ) {}

  /** Keeps maintenance from removing streams while the thread reads them. */
  async holdStreams(): Promise<() => Promise<unknown>> {
    const entries = [...this.execution.upstreamEntries().values()].filter(({ output }) => output.items !== undefined);
    const releases = await Promise.all(entries.map((entry) => this.engine.store.hold(entry)));
    return () => Promise.all(releases.map((release) => release()));
  }

  /** Throws `not-shippable`. */
  async pack(): Promise<{ readonly shipped: Shipped; readonly task: ExecutionTask }> {
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
    const payload: ExecutionPayload = {
      fn: definition.fn,
      codec: definition.codec,
      frame,
      values,
      codecs: leaves.map((leaf) => upstreamOf(engine, instance, leaf)?.definition.codec),
    };
    this.shipped = ship(payload, definition.name, {
      scopes: engine.scopes,
      labels: new Map<unknown, string>([
        ...leaves.map((leaf, at) => [values[at], leaf.path || "input"] as const),
        [definition.codec, "codec"],
        [definition.fn, "the stage's function"],
      ]),
      paramValue: (name) => engine.params.value(name, instance.overlay),
    });
    // With secrets all bytes go through the kernel, which keeps none that contain one.
    const folder = secrets.isEmpty ? engine.store.threads?.folder : undefined;
    return {
      shipped: this.shipped,
      task: {
        kind: "stage",
        ...(folder === undefined ? {} : { folder }),
        writesThere: folder !== undefined && definition.cache,
        takesInputs: definition.takesInputs,
        inputs,
        outputs: definition.outputs,
        extra: definition.extra,
      },
    };
  }

  async respond(request: KernelRequest): Promise<unknown> {
    const { engine, execution } = this;
    switch (request.kind) {
      case "stage":
        return readStage(this.shipped, request.at, this.activity);
      case "blob": {
        if (request.of === "kept") return engine.store.readBlob(request.ref);
        const entry = request.of === "previous" ? this.previous : this.entryAt(request.of);
        return entry && engine.results.reader(entry)(request.ref);
      }
      case "lost": {
        const upstream = this.upstreamAt(request.of);
        if (upstream) await execution.valueOf(upstream);
        const entry = this.entryAt(request.of);
        return entry && describeOutput(engine, entry);
      }
      case "previous": {
        this.previous = await engine.results.latest(this.instance);
        return this.previous && describeOutput(engine, this.previous);
      }
      case "checkpoint":
        return execution.checkpoints?.keep(request.state);
      case "restored":
        return execution.checkpoints?.restore();
      case "resume":
        return execution.checkpoints?.resume();
      case "chunk":
        return execution.checkpoints?.keepChunk(request.chunk, request.items, () => request.kept);
      case "announce":
        return engine.store.threads?.announce(request.digests);
      case "put":
        return engine.store.putBlob({ ref: request.ref, pieces: [request.bytes] });
      case "adopt":
        return engine.store.adoptFile(request.path, request.name);
    }
  }

  notify(notification: Notification): void {
    const { execution, activity } = this;
    receiveNotification(notification, this.engine, this.instance, { execution, activity });
  }

  private async planInput(leaf: InputLeaf): Promise<{ readonly plan: InputPlan; readonly value?: unknown }> {
    const { engine, instance, execution } = this;
    if (!("ref" in leaf)) return { plan: { kind: "value" }, value: leaf.value };
    const { ref } = leaf;
    switch (ref.kind) {
      case "file":
        return { plan: { kind: "file", path: ref.path, folder: engine.files.folder } };
      case "files": {
        const files = await listFiles(engine, instance, ref.pattern, execution);
        return { plan: { kind: "files", paths: files.map(({ path }) => path), folder: engine.files.folder } };
      }
      case "param":
        return { plan: { kind: "value" }, value: engine.params.value(ref.name, instance.overlay) };
      case "computed": {
        const computed = await execution.externalInputs.compute(ref);
        if ("error" in computed) throw computed.error;
        return { plan: { kind: "value" }, value: copyOf(computed.value) };
      }
      case "resource":
        throw notShippable(leaf.path || ref.name, `the resource "${ref.name}"`, "Open it inside the stage's function, or run the stage without worker."); // prettier-ignore
      case "stage": {
        const entry = execution.upstreamEntries().get(engine.instances.ofRef(ref, instance).id);
        if (!entry) throw new StagebookError("internal", `input ${leaf.path} has no result`, "Please report this.");
        const output = await describeOutput(engine, entry);
        return { plan: { kind: "stored", output } };
      }
    }
  }

  private upstreamAt(at: number): Instance | undefined {
    const leaf = this.instance.definition.inputs.leaves[at];
    return leaf && upstreamOf(this.engine, this.instance, leaf);
  }

  private entryAt(at: number): Entry | undefined {
    const upstream = this.upstreamAt(at);
    return upstream && this.execution.upstreamEntries().get(upstream.id);
  }
}

function upstreamOf(engine: EngineContext, instance: Instance, leaf: InputLeaf): Instance | undefined {
  const ref: InputRef | undefined = "ref" in leaf ? leaf.ref : undefined;
  return ref?.kind === "stage" ? engine.instances.ofRef(ref, instance) : undefined;
}
