/** Definitions and their edges as an immutable DAG. Pure: the edges come from inputs and from what the code reads. */
import { mustGet, StagebookError } from "../protocol";

/** Stages by name, each with the stages that it needs. */
export interface Graph {
  /** Every stage after all that it needs; stages of a cycle and those below are left out. Ties in order of definition. */
  readonly order: readonly string[];
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Each cycle as a path of names that ends where it begins. */
  readonly cycles: readonly (readonly string[])[];
  /** Stages in a cycle, or below one. */
  readonly stuck: ReadonlySet<string>;
}

/** Makes the graph of the named stages; needs that are not among them are ignored. Kahn's algorithm. */
export function createGraph(needs: ReadonlyMap<string, readonly string[]>): Graph {
  const edges = new Map([...needs].map(([name, of]) => [name, [...new Set(of)].filter((need) => needs.has(need))]));
  const open = new Map([...edges].map(([name, of]) => [name, of.length]));
  const below = dependents(edges);
  const order = [...edges.keys()].filter((name) => open.get(name) === 0);
  for (const name of order)
    for (const next of below.get(name) ?? []) {
      const left = mustGet(open, next) - 1;
      open.set(next, left);
      if (left === 0) order.push(next);
    }
  const done = new Set(order);
  const stuck = new Set([...edges.keys()].filter((name) => !done.has(name)));
  return { order, needs: edges, cycles: findCycles(edges, stuck), stuck };
}

/** The targets and all that they need, in order of running. Throws `cycle` when they reach one. */
export function findNeeded(graph: Graph, targets: readonly string[]): readonly string[] {
  const needed = reach(targets, graph.needs);
  const stuck = [...needed].find((name) => graph.stuck.has(name));
  if (stuck !== undefined) throw cycleError(graph, needed);
  return graph.order.filter((name) => needed.has(name));
}

/** The error that names the cycle as a path. */
export function cycleError(graph: Graph, among?: ReadonlySet<string>): StagebookError {
  const cycle = graph.cycles.find((path) => !among || path.some((name) => among.has(name))) ?? graph.cycles[0] ?? [];
  return new StagebookError(
    "cycle",
    `the stages need each other in a circle: ${cycle.join(" → ")}`,
    "Let one of them read something else; nothing was run.",
    { stage: cycle[0] },
  );
}

/** All that can be reached from the names, themselves included. */
export function reach(from: readonly string[], edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set(from);
  for (const name of seen) for (const next of edges.get(name) ?? []) seen.add(next);
  return seen;
}

/** The edges turned round. */
export function dependents(needs: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, string[]>([...needs.keys()].map((name) => [name, []]));
  for (const [name, of] of needs) for (const need of of) below.get(need)?.push(name);
  return below;
}

function findCycles(
  needs: ReadonlyMap<string, readonly string[]>,
  stuck: ReadonlySet<string>,
): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const settled = new Set<string>();
  for (const start of stuck) {
    const path: string[] = [];
    let at: string | undefined = start;
    // Every stuck stage needs a stuck stage, so this walk must meet itself or a walk done before.
    while (at !== undefined && !settled.has(at) && !path.includes(at)) {
      path.push(at);
      at = needs.get(at)?.find((need) => stuck.has(need));
    }
    if (at !== undefined && path.includes(at)) cycles.push([...path.slice(path.indexOf(at)), at]);
    for (const name of path) settled.add(name);
  }
  return cycles;
}
