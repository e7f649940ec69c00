/** Several outputs by name: what a stage returned, held against what it said it would. */
import { StagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";

/** The value with the outputs that the stage names. Throws `output-missing` and `output-extra`. */
export function namedOutputs(
  { outputs, extra, name }: Pick<StageDefinition, "outputs" | "extra" | "name">,
  value: unknown,
  warn: (message: string) => void,
): unknown {
  if (!outputs) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new StagebookError(
      "output-missing",
      `stage "${name}" names its outputs and returned none by name`,
      `Return { ${outputs.join(", ")} }.`,
      { stage: name },
    );
  const missing = outputs.filter((output) => !Object.hasOwn(value, output));
  if (missing.length > 0)
    throw new StagebookError(
      "output-missing",
      `stage "${name}" did not return ${missing.join(", ")}`,
      `Return { ${outputs.join(", ")} }.`,
      { stage: name },
    );
  const unnamed = Object.keys(value).filter((key) => !outputs.includes(key));
  if (unnamed.length === 0) return value;
  if (extra === "error")
    throw new StagebookError(
      "output-extra",
      `stage "${name}" returned ${unnamed.join(", ")}, which ${unnamed.length === 1 ? "is" : "are"} not among its outputs`,
      `Add it to outputs, or write extra: "drop" or extra: "keep".`,
      { stage: name },
    );
  warn(`${name}: ${unnamed.join(", ")} ${extra === "drop" ? "left out" : "kept"}, not among its outputs`);
  return extra === "keep"
    ? value
    : Object.fromEntries(outputs.map((output) => [output, (value as Record<string, unknown>)[output]]));
}
