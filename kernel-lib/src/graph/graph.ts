/** The dependency graph of stages, as an immutable DAG. Pure: the edges come from inputs and from what the code reads. */
import { mustGet, StagebookError } from "../protocol";

/** Stages by name, each with its upstream stages. */
export interface Graph {
  /** Topological order: every stage after its upstream stages, ties in order of definition. Stages in or below a cycle are left out. */
  readonly order: readonly string[];
  readonly upstream: ReadonlyMap<string, readonly string[]>;
  /** Each cycle as a path of names whose last name is the first one again. */
  readonly cycles: readonly (readonly string[])[];
  /** Stages in a cycle, or below one. */
  readonly stuck: ReadonlySet<string>;
}

/** Creates the graph of the named stages; upstream names that are not among them are ignored. Kahn's algorithm. */
export function createGraph(upstream: ReadonlyMap<string, readonly string[]>): Graph {
  const edges = new Map(
    [...upstream].map(([name, above]) => [name, [...new Set(above)].filter((each) => upstream.has(each))]),
  );
  const open = new Map([...edges].map(([name, above]) => [name, above.length]));
  const below = downstreamOf(edges);
  const order = [...edges.keys()].filter((name) => open.get(name) === 0);
  for (const name of order)
    for (const next of below.get(name) ?? []) {
      const left = mustGet(open, next) - 1;
      open.set(next, left);
      if (left === 0) order.push(next);
    }
  const done = new Set(order);
  const stuck = new Set([...edges.keys()].filter((name) => !done.has(name)));
  return { order, upstream: edges, cycles: findCycles(edges, stuck), stuck };
}

/** The targets and everything upstream of them, in topological order. Throws `cycle` if they depend on one. */
export function findNeeded(graph: Graph, targets: readonly string[]): readonly string[] {
  const needed = reach(targets, graph.upstream);
  const stuck = [...needed].find((name) => graph.stuck.has(name));
  if (stuck !== undefined) throw cycleError(graph, needed);
  return graph.order.filter((name) => needed.has(name));
}

/** The error that names the cycle as a path. */
export function cycleError(graph: Graph, among?: ReadonlySet<string>): StagebookError {
  const cycle = graph.cycles.find((path) => !among || path.some((name) => among.has(name))) ?? graph.cycles[0] ?? [];
  return new StagebookError(
    "cycle",
    `circular dependency: ${cycle.join(" → ")}`,
    "Remove one of these inputs. Nothing was run.",
    { stage: cycle[0] },
  );
}

/** Every name that can be reached from `from`, which is included. */
export function reach(from: readonly string[], edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set(from);
  for (const name of seen) for (const next of edges.get(name) ?? []) seen.add(next);
  return seen;
}

/** The reversed edges: each stage with the stages directly below it. */
export function downstreamOf(upstream: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, string[]>([...upstream.keys()].map((name) => [name, []]));
  for (const [name, above] of upstream) for (const each of above) below.get(each)?.push(name);
  return below;
}

function findCycles(
  upstream: ReadonlyMap<string, readonly string[]>,
  stuck: ReadonlySet<string>,
): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const settled = new Set<string>();
  for (const start of stuck) {
    const path: string[] = [];
    let at: string | undefined = start;
    // Every stuck stage has a stuck stage upstream, so this walk must meet itself or an earlier walk.
    while (at !== undefined && !settled.has(at) && !path.includes(at)) {
      path.push(at);
      at = upstream.get(at)?.find((each) => stuck.has(each));
    }
    if (at !== undefined && path.includes(at)) cycles.push([...path.slice(path.indexOf(at)), at]);
    for (const name of path) settled.add(name);
  }
  return cycles;
}
