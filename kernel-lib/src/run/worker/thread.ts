/** The thread's side of a call: unpacks, runs under the stage's name, and puts the output where it belongs. */
import { StagebookError, type LogLevel } from "../../protocol";
import type { StageContext } from "../../stage/face";
import { v8Codec } from "../../store/codec";
import { withinActivity, noOverlay, type Activity } from "../activity";
import { jsonFields } from "../log-fields";
import { createStageContext } from "../stage-context";
import { dataOfError, errorOfData } from "./error-data";
import { filesInStream } from "../encode-output";
import { FileOutputs } from "../file-outputs";
import { itemsOf } from "../streams";
import type { FileRef } from "../../store/store";
import type { BodyCargo, CallOrder, CallPlace, ItemCargo, ItemWork, Performed } from "./messages";
import { KernelLink } from "./kernel-link";
import { previousOutput, readInputs } from "./thread-inputs";
import { takeOutput } from "./thread-output";
import type { ThreadTask } from "./threads";
import { unpack } from "./unpack";

type Callable = (...args: unknown[]) => unknown;

/** Whom an error that nobody caught belongs to. */
export interface RunningCall {
  isOver: boolean;
  /** As a line of its stage. */
  readonly tell: (message: string) => void;
}

const reused = new Map<string, unknown>();
/** Older ones belong to runs that have ended. */
const MAX_REUSED = 16;

/** Does one call and tells the kernel how it ended. Never rejects. `within`: marks everything async as part of the call. */
export async function runCall(
  { port, order }: ThreadTask,
  within: <T>(call: RunningCall, act: () => T) => T,
): Promise<void> {
  const link = new KernelLink(port);
  const printed = printerOf(order.place, link, {});
  const call: RunningCall = { isOver: false, tell: (message) => printed("error", message) };
  try {
    const { result, transfer } = await within(call, () => perform(order, link));
    link.send({ type: "ended", result }, transfer);
  } catch (error) {
    link.send({ type: "failed", error: dataOfError(error) });
  } finally {
    call.isOver = true;
  }
}

async function perform(order: CallOrder, link: KernelLink): Promise<Performed> {
  const cargo = cargoOf(order, link);
  const { place, work } = order;
  const files = filesOf(place, link);
  if (work.kind === "item") return performItem(cargo as ItemCargo, work, { place, link, files });
  const body = cargo as BodyCargo;
  const inputs = await readInputs(work, body, link);
  link.signal.throwIfAborted();
  const logged = loggedOf(place, inputs);
  const context = createContext(place, { link, files, logged, previous: () => previousOutput(work, body.codec, link) });
  const startedAt = Date.now();
  return withinActivity(activityOf(place, link, logged), async () => {
    const fn = body.fn as Callable;
    const returned: unknown = await (work.takesInputs ? fn(inputs, context) : fn(context));
    return takeOutput(returned, { work, codec: body.codec, place, files, link, context, startedAt });
  });
}

async function performItem(
  { fn, codec, takesInputs, inputs }: ItemCargo,
  work: ItemWork,
  { place, link, files }: { readonly place: CallPlace; readonly link: KernelLink; readonly files: FileOutputs },
): Promise<Performed> {
  const logged = loggedOf(place, inputs);
  const context = createContext(place, { link, files, logged, previous: () => previousOutput(work, codec, link) });
  const item = v8Codec.decode(work.item);
  return withinActivity(activityOf(place, link, logged), async () => {
    const call = fn as Callable;
    const returned: unknown = await (takesInputs ? call(item, inputs, context) : call(item, context));
    const isFanned = typeof returned === "object" && returned !== null && "next" in returned;
    const value = isFanned ? await listOf(itemsOf(returned)) : returned;
    if (files.isUsed) throw filesInStream(place.stage);
    const bytes = new Uint8Array(await v8Codec.encode(value));
    return { result: { kind: "item", value: bytes, isFanned }, transfer: [bytes.buffer] };
  });
}

async function listOf(items: AsyncIterable<unknown> = noItems()): Promise<readonly unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* noItems(): AsyncGenerator<unknown, void, undefined> {
  // An object with `next` that cannot be iterated gives nothing, as in the kernel.
}

function loggedOf(place: CallPlace, inputs: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    place.logged.map((name) => [name, (inputs as Record<string, unknown> | null | undefined)?.[name]]),
  );
}

function cargoOf({ shipment, reuseAs }: CallOrder, link: KernelLink): unknown {
  const known = reuseAs === undefined ? undefined : reused.get(reuseAs);
  if (known !== undefined) return known;
  const cargo = unpack(shipment, {
    readStage: async (at) => v8Codec.decode((await link.ask({ kind: "stage", at })) as Uint8Array),
  });
  if (reuseAs !== undefined) {
    reused.set(reuseAs, cargo);
    const [oldest] = reused.keys();
    if (reused.size > MAX_REUSED && oldest !== undefined) reused.delete(oldest);
  }
  return cargo;
}

function filesOf({ stage, scratch }: CallPlace, link: KernelLink): FileOutputs {
  const adoptFile = (path: string, name: string): Promise<FileRef> =>
    link.ask({ kind: "adopt", path, name }) as Promise<FileRef>;
  return new FileOutputs(
    stage,
    { adoptFile },
    typeof scratch === "string" ? scratch : (errorOfData(scratch) as StagebookError),
  );
}

interface ContextPorts {
  readonly link: KernelLink;
  readonly files: FileOutputs;
  readonly logged: Readonly<Record<string, unknown>>;
  readonly previous: () => Promise<unknown>;
}

function createContext(place: CallPlace, { link, files, logged, previous }: ContextPorts): StageContext {
  return createStageContext({
    run: place.run,
    stage: place.stage,
    cell: place.cell,
    signal: () => link.signal,
    seed: () => place.seed,
    logged,
    emit: (event) => link.note({ kind: "event", event }),
    now: () => Date.now() + place.clockAheadMs,
    previous,
    fileOut: (name) => files.pathOf(name),
    report: (progress) => link.note({ kind: "progress", progress }),
  });
}

/** What the function prints is the stage's, and reaches the cell by way of the kernel. */
function activityOf(place: CallPlace, link: KernelLink, logged: Readonly<Record<string, unknown>>): Activity {
  const { run, stage, cell, source } = place;
  return {
    cell,
    source,
    write: (stream, text) => link.note({ kind: "wrote", stream, text }),
    stage: {
      run,
      stage,
      source,
      overlay: noOverlay,
      printed: printerOf(place, link, logged),
      readStage: () => Promise.reject(new StagebookError("worker-stage", "stages are read by the kernel", "Pass it as an input.")), // prettier-ignore
      readUnseen: () => undefined,
      readParam: () => undefined,
    },
  };
}

function printerOf(
  { run, stage, cell, clockAheadMs }: CallPlace,
  link: KernelLink,
  logged: Readonly<Record<string, unknown>>,
): (level: LogLevel, message: string) => void {
  return (level, message) =>
    link.note({
      kind: "event",
      event: {
        type: "log:written",
        record: {
          at: Date.now() + clockAheadMs,
          level,
          stage,
          cell,
          run,
          message,
          fields: jsonFields(logged),
          source: "console",
        },
      },
    });
}
