/** What a stage whose items are shared still costs, before it runs: items, ranges, machine time. Executes nothing. */
import type { KnownKey } from "../../key/key";
import type { EngineContext } from "../engine-context";
import { ExternalInputs } from "../external/external-inputs";
import type { OutputDigest } from "../plan/input-digests";
import type { FullPlan } from "../plan/full-plan";
import type { Assessment } from "../plan/classify";
import type { Instance } from "../state/instances";
import { ItemSource } from "./item-source";
import { cutsOf, Pace, piecesOf, sizeOf, type Range } from "./range";
import { RangeRecords } from "./range-records";

/** Of one stage. Times in milliseconds of one process. */
export interface SharedCost {
  /** Items of the source; absent while a stage before it has to run. */
  readonly items?: number;
  readonly itemsDone: number;
  /** How many ranges there are or will be, as far as the durations are known; absent like `items`. */
  readonly ranges?: number;
  readonly rangesDone: number;
  /** For the items that are left; absent when no item has been executed yet. */
  readonly machineMs?: number;
}

/** Undefined for a stage whose items are not shared. */
export async function sharedCost(
  engine: EngineContext,
  assessment: Assessment,
  { assessed }: Pick<FullPlan, "assessed">,
): Promise<SharedCost | undefined> {
  const { instance, row } = assessment;
  const rangeMs = instance.definition.each?.rangeMs;
  if (rangeMs === undefined) return undefined;
  const items = await itemsOf(engine, instance, assessed);
  if (row.action === "fresh" || row.action === "load")
    return { ...(items === undefined ? {} : { items }), itemsDone: items ?? 0, rangesDone: 0, machineMs: 0 };
  const pace = new Pace(await pastItemMs(engine, instance));
  const key = items === undefined ? undefined : await declaredKey(engine, assessment, assessed);
  if (key === undefined || items === undefined) return { itemsDone: 0, rangesDone: 0 };
  return walk(new RangeRecords(engine, instance, key), items, pace, rangeMs);
}

/** The key without what executions have read beyond their inputs: under it ranges are known. Undefined while a stage before it is stale. */
async function declaredKey(
  engine: EngineContext,
  { instance, needs }: Assessment,
  assessed: FullPlan["assessed"],
): Promise<KnownKey | undefined> {
  const outputs = new Map<string, OutputDigest>();
  for (const id of needs) {
    const row = assessed.get(id)?.row;
    if (row?.result && (row.action === "fresh" || row.action === "load")) outputs.set(id, row.result);
  }
  const key = await engine.planner.keyOf(instance, outputs, new ExternalInputs(engine.files));
  return key.key === undefined ? undefined : (key as KnownKey);
}

/** Milliseconds per item of the latest result; undefined when there is none, or it does not say. */
export async function pastItemMs(engine: EngineContext, instance: Instance): Promise<number | undefined> {
  const latest = await engine.results.latest(instance);
  const items = latest?.output.items ?? 0;
  return latest && items > 0 && latest.durationMs > 0 ? latest.durationMs / items : undefined;
}

/** From the records of the ranges that others or earlier runs have published. */
async function walk(records: RangeRecords, total: number, pace: Pace, rangeMs: number): Promise<SharedCost> {
  const left: Range[] = [];
  const open: Range[] = total === 0 ? [] : [{ from: 0, to: total }];
  let [itemsDone, rangesDone, begun] = [0, 0, 0];
  for (let range = open.pop(); range; range = open.pop()) {
    const record = await records.find(records.keyOf(range, total));
    if (record?.kind === "cut") open.push(...piecesOf(range, record.cuts));
    else if (record?.kind === "done") {
      itemsDone += sizeOf(range);
      rangesDone++;
      pace.add(sizeOf(range), record.entry.durationMs);
    } else if (record) {
      const kept = { from: range.from, to: record.to };
      itemsDone += sizeOf(kept);
      pace.add(sizeOf(kept), record.entry.durationMs);
      begun++;
    } else left.push(range);
  }
  const { perItemMs } = pace;
  const planned = left.reduce((sum, range) => sum + cutsOf(range, total, pace, rangeMs).length + 1, 0);
  const machineMs = perItemMs === undefined ? undefined : Math.round((total - itemsDone) * perItemMs);
  return {
    items: total,
    itemsDone,
    ranges: rangesDone + begun + planned,
    rangesDone,
    ...(machineMs === undefined ? {} : { machineMs }),
  };
}

/** The number of items of the source, if it is a list in the cell or the current result of a stage. */
async function itemsOf(
  engine: EngineContext,
  instance: Instance,
  assessed: FullPlan["assessed"],
): Promise<number | undefined> {
  const leaves = instance.definition.inputs.leaves.filter(
    ({ path }) => path === "source" || path.startsWith("source."),
  );
  const [leaf] = leaves;
  if (leaf && "ref" in leaf && leaf.path === "source" && leaf.ref.kind === "stage") {
    const upstream = engine.instances.ofRef(leaf.ref, instance);
    const result = assessed.get(upstream.id)?.row;
    const isCurrent = result?.action === "fresh" || result?.action === "load";
    const key = isCurrent ? result.result?.key : undefined;
    const entry = key && (engine.results.findRemembered(key) ?? (await engine.store.findEntry(key)));
    if (!entry || entry.output.items !== undefined) return entry?.output.items;
    const loaded = await engine.results.load(entry, upstream);
    return loaded && (await ItemSource.of(loaded.value)).length;
  }
  if (leaf && leaf.path === "source") return "ref" in leaf ? undefined : (await ItemSource.of(leaf.value)).length;
  return new Set(leaves.map(({ path }) => path.split(".")[1])).size;
}
