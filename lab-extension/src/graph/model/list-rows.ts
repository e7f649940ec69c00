/**
 * The rows of the list of stages: in the order of the graph, so that a stage is below what it reads, with the stages of a group below the
 * group's heading. Pure; called by StageList only when the graph changes.
 */
import type { Graph, GraphNode } from "stagebook/drawing";
import { nodeId } from "stagebook/drawing";
import { collapseGroups, findGroups, groupOf } from "./groups";
import type { LaneInput } from "./lanes";

export interface ListRow extends LaneInput {
  /** The id of the node in the graph; also of the heading of a group. */
  readonly id: string;
  readonly kind: "stage" | "group";
  readonly name: string;
  /** The text of the row: within a group without the group's name. */
  readonly label: string;
  /** 2 within a group. */
  readonly level: 1 | 2;
  /** For groups alone. */
  readonly isExpanded?: boolean;
  /** The stages of a group. */
  readonly members?: readonly string[];
  /** The place among the rows with the same heading, from 1, and their number. */
  readonly position: number;
  readonly siblings: number;
}

/**
 * In order of definition, except that inputs come first. A group whose stages cannot stand together (another stage reads one of them
 * and is read by another) has no heading while it is expanded: its stages have their full names.
 */
export function createListRows(whole: Graph, collapsed: ReadonlySet<string>): readonly ListRow[] {
  const graph = collapseGroups(whole, collapsed);
  const nodes = graph.nodes.filter(({ kind }) => kind === "stage" || kind === "group");
  const inputsOf = findInputs(graph, new Set(nodes.map(({ id }) => id)));
  const units = findUnits(whole, nodes, inputsOf);
  const rows = units.flatMap((unit, index) => rowsOf(unit, index + 1, units.length));
  const places = new Map(rows.map(({ id, isNode }, index) => [isNode ? id : "", index]));
  return rows.map((row) => ({ ...row, inputs: (inputsOf.get(row.id) ?? []).flatMap((id) => places.get(id) ?? []) }));
}

/** Nodes that stand together: one node, or all stages of an expanded group. */
interface Unit {
  readonly group: string | null;
  readonly nodes: readonly GraphNode[];
}

type Inputs = ReadonlyMap<string, readonly string[]>;

function findInputs(graph: Graph, ids: ReadonlySet<string>): Inputs {
  const inputs = new Map<string, string[]>([...ids].map((id) => [id, []]));
  for (const { from, to } of graph.edges) if (ids.has(from)) inputs.get(to)?.push(from);
  return inputs;
}

function findUnits(whole: Graph, nodes: readonly GraphNode[], inputsOf: Inputs): readonly Unit[] {
  const groups = new Set(findGroups(whole));
  const together = unite(nodes, groups, inputsOf);
  const scattered = together.onCycle.flatMap(({ group }) => group ?? []);
  if (scattered.length === 0) return together.units;
  for (const group of scattered) groups.delete(group);
  return unite(nodes, groups, inputsOf).units;
}

/** The units in order, and those that cannot be ordered because they read each other. */
function unite(
  nodes: readonly GraphNode[],
  groups: ReadonlySet<string>,
  inputsOf: Inputs,
): { readonly units: readonly Unit[]; readonly onCycle: readonly Unit[] } {
  const unitOf = new Map<string, string>();
  const members = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    const group = node.kind === "stage" ? groupOf(node.name) : null;
    const unit = group !== null && groups.has(group) ? nodeId("group", group) : node.id;
    unitOf.set(node.id, unit);
    members.set(unit, [...(members.get(unit) ?? []), node]);
  }
  const unitInputs = new Map(
    [...members].map(([unit, own]) => {
      const all = own.flatMap(({ id }) => (inputsOf.get(id) ?? []).map((input) => unitOf.get(input) ?? input));
      return [unit, [...new Set(all)].filter((input) => input !== unit)];
    }),
  );
  const create = (unit: string): Unit => {
    const own = members.get(unit) ?? [];
    const first = own[0];
    const group = first?.kind === "stage" && unit !== first.id ? groupOf(first.name) : null;
    const ids = inputsFirst(
      own.map(({ id }) => id),
      inputsOf,
    );
    const nodeOf = new Map(own.map((node) => [node.id, node]));
    return { group, nodes: ids.flatMap((id) => nodeOf.get(id) ?? []) };
  };
  return {
    units: inputsFirst([...members.keys()], unitInputs).map(create),
    onCycle: findBetweenCycles(unitInputs).map(create),
  };
}

/** The ids in their order, except that each comes after its inputs among them. On a cycle, the first to be reached comes last. */
export function inputsFirst(ids: readonly string[], inputsOf: Inputs): readonly string[] {
  const ordered = new Set<string>();
  const seen = new Set<string>();
  const own = new Set(ids);
  for (const id of ids) {
    const waiting = [id];
    for (let at = waiting.at(-1); at !== undefined; at = waiting.at(-1)) {
      seen.add(at);
      const next = (inputsOf.get(at) ?? []).find((input) => own.has(input) && !seen.has(input));
      if (next !== undefined) {
        waiting.push(next);
        continue;
      }
      ordered.add(at);
      waiting.pop();
    }
  }
  return [...ordered];
}

/** What remains without the ids that have no input, or no reader, among the others. */
function findBetweenCycles(inputsOf: Inputs): readonly string[] {
  const readers = new Map<string, string[]>([...inputsOf.keys()].map((id) => [id, []]));
  for (const [id, inputs] of inputsOf) for (const input of inputs) readers.get(input)?.push(id);
  const left = new Set(inputsOf.keys());
  for (const [before, after] of [
    [inputsOf, readers],
    [readers, inputsOf],
  ] as const) {
    const open = new Map([...left].map((id) => [id, (before.get(id) ?? []).filter((other) => left.has(other)).length]));
    const ready = [...left].filter((id) => open.get(id) === 0);
    for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
      left.delete(id);
      for (const next of after.get(id) ?? []) {
        const count = (open.get(next) ?? 0) - 1;
        open.set(next, count);
        if (count === 0) ready.push(next);
      }
    }
  }
  return [...left];
}

function rowsOf({ group, nodes }: Unit, position: number, siblings: number): readonly Omit<ListRow, "inputs">[] {
  if (group === null)
    return nodes.map(({ id, kind, name, members }) => ({
      id,
      name,
      kind: kind === "group" ? "group" : "stage",
      label: kind === "group" ? `${name}/` : name,
      level: 1,
      isNode: true,
      ...(members ? { members, isExpanded: false } : {}),
      position,
      siblings,
    }));
  const heading = {
    id: nodeId("group", group),
    name: group,
    kind: "group" as const,
    label: `${group}/`,
    level: 1 as const,
    isNode: false,
    isExpanded: true,
    members: nodes.map(({ name }) => name),
    position,
    siblings,
  };
  const stages = nodes.map(({ id, name }, index) => ({
    id,
    name,
    kind: "stage" as const,
    label: name.slice(group.length + 1),
    level: 2 as const,
    isNode: true,
    position: index + 1,
    siblings: nodes.length,
  }));
  return [heading, ...stages];
}
