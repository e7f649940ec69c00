/** Variables that a stopped cell did not define, and stages that would read them. */
import { findFreeIdentifiers, parseScript, textIn } from "../../key/code/syntax-tree";
import type { CellId } from "../../protocol";
import { listed, UsageError } from "../terminal/usage-error";
import type { FoundStage, Workbench } from "./workbench";

/** A target must not run when its code, or that of an upstream stage, reads such a variable. Throws UsageError `target-unmade`. */
export async function checkVariablesExist({ stopped }: Workbench, { internals, instance }: FoundStage): Promise<void> {
  if (stopped.length === 0) return;
  const { engine } = internals;
  const { assessed } = await engine.planner.plan([instance]);
  for (const { instance: needed } of assessed.values()) {
    const { parts } = engine.instances.closure(needed);
    const read = new Set(parts.flatMap((part) => (isCode(part.kind) && "text" in part ? freeNames(part.text) : [])));
    for (const cell of stopped) {
      const variable = internals.cells().missingVariables(cell.id as CellId).find((name) => read.has(name)); // prettier-ignore
      if (variable === undefined) continue;
      const stage = needed.definition.name;
      const from =
        cell.stages.length > 0
          ? `the result of ${listed(cell.stages)}; that result does not exist yet`
          : "a variable of another cell; that variable does not exist yet";
      throw new UsageError(
        "target-unmade",
        `stage "${stage}" reads the variable ${variable}, which ${cell.label} defines from ${from}`,
        `Make it an input of "${stage}", or run without --target.`,
      );
    }
  }
}

const isCode = (kind: string): boolean => kind === "function" || kind === "helper";

/** Free names of a function's normalized source. Source that was cut has none. */
function freeNames(source: string): readonly string[] {
  for (const text of [`(${source})`, `({ ${source} })`]) {
    try {
      return findFreeIdentifiers(parseScript(text)).map((node) => textIn(node, "name"));
    } catch {
      // A method needs an object around it.
    }
  }
  return [];
}
