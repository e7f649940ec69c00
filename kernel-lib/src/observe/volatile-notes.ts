/** Records reads that cannot be compared later: where they are, and whether they make the result not repeatable. */
import { callSiteOf, type AnyFunction, type CallSite, type Depth } from "./call-site";
import { unobserved } from "./context";
import { flowOf, type ValueFlow, type FlowSource } from "./flow/value-flow";
import type { ReadRecorder } from "./recorder";
import type { VolatileKind } from "./reads";

/** Finds the source of a script by the sha256 of it, in hex. */
export type SourceOf = (script: { readonly url: string; readonly hash: string }) => string | undefined;

/** Each of these calls is examined; they cost about 2.5 µs. */
const EXAMINED_CALLS = 1000;
/** After these calls every n-th one, and each whose millisecond differs from that of the call before. */
const EXAMINED_EVERY = 32;
/** Further locations would not help to find the cause. */
const ENOUGH_LOCATIONS = 5;
/** Once the result is marked, this many further calls are examined for other locations. */
const ENOUGH_CALLS = 50;

interface Samples {
  calls: number;
  lastMs: number;
  marks: number;
  /** The code that has read it also has a place that would mark the result. */
  othersReachResult: boolean;
}

let sourceOf: SourceOf = () => undefined;
// The original: this is loaded before the wrappers are installed.
const { now } = Date;

export function setSourceOf(to: SourceOf): void {
  sourceOf = to;
}

/** A random number, a request, a process: marks the result wherever it happens. */
export function noteAlways(
  recorder: ReadRecorder,
  kind: VolatileKind,
  name: string,
  wrapper: AnyFunction,
  depth: Depth = "user",
): void {
  const samples = samplesOf(recorder, name);
  if (isNamed(samples)) return;
  samples.calls++;
  const site = callSiteOf(wrapper, depth);
  if (site && recorder.addVolatile({ kind, name, where: site.where, marks: true })) samples.marks++;
}

/** A clock: marks the result if the user's own code reads it into the result. */
export function noteClock(recorder: ReadRecorder, kind: VolatileKind, name: string, wrapper: AnyFunction): void {
  const samples = samplesOf(recorder, name);
  if (isNamed(samples) || !isDue(samples)) return;
  const site = callSiteOf(wrapper);
  if (site === undefined) return;
  const flow = site.owner === "user" ? flowAt(site, "clock") : NOTE;
  samples.othersReachResult ||= flow.othersReachResult;
  const isNew = recorder.addVolatile({ kind, name, where: site.where, marks: flow.reachesResult });
  if (isNew && flow.reachesResult) samples.marks++;
}

/** Whether it is worth to look for the caller of something that is read often. `name`: of what is read. */
export function isExamined(recorder: ReadRecorder, name: string): boolean {
  return isDue(samplesOf(recorder, name));
}

/** Whether the value that the user's code reads at a place may be part of the result. */
export function reachesResult(site: CallSite, source: FlowSource): boolean {
  return flowAt(site, source).reachesResult;
}

function isNamed({ marks, calls }: Samples): boolean {
  return marks >= ENOUGH_LOCATIONS || (marks > 0 && calls >= ENOUGH_CALLS);
}

function isDue(samples: Samples): boolean {
  if (samples.calls++ < EXAMINED_CALLS || samples.othersReachResult) return true;
  const ms = now();
  if (ms === samples.lastMs && samples.calls % EXAMINED_EVERY !== 0) return false;
  samples.lastMs = ms;
  return true;
}

function samplesOf(recorder: ReadRecorder, name: string): Samples {
  let samples = recorder.samples.get(name) as Samples | undefined;
  if (!samples) recorder.samples.set(name, (samples = { calls: 0, lastMs: 0, marks: 0, othersReachResult: false }));
  return samples;
}

const flows = new Map<string, ValueFlow>();
const MAX_FLOWS = 10_000;
/** In a package, or where the source is not needed. */
const NOTE: ValueFlow = { reachesResult: false, othersReachResult: false };
/** Code that cannot be read may do anything with the clock. */
const UNREADABLE: ValueFlow = { reachesResult: true, othersReachResult: false };

function flowAt({ script, hash, position }: CallSite, from: FlowSource): ValueFlow {
  if (hash === "") return UNREADABLE;
  const key = `${from} ${hash} ${position}`;
  let flow = flows.get(key);
  if (!flow) {
    const source = unobserved(() => sourceOf({ url: script, hash }));
    flow = source === undefined ? UNREADABLE : flowOf(source, hash, position, from);
    if (flows.size >= MAX_FLOWS) flows.clear();
    flows.set(key, flow);
  }
  return flow;
}
