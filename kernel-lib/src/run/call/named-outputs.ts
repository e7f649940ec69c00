/** Named outputs: what a stage returned, compared with the outputs that it declares. */
import { StagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";

/** The value with the declared outputs. Throws `output-missing` and `output-extra`. */
export function namedOutputs(
  { outputs, extra, name }: Pick<StageDefinition, "outputs" | "extra" | "name">,
  value: unknown,
  warn: (message: string) => void,
): unknown {
  if (!outputs) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new StagebookError(
      "output-missing",
      `stage "${name}" declares named outputs, but did not return an object`,
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
      `stage "${name}" returned ${unnamed.join(", ")}, which ${unnamed.length === 1 ? "is not a declared output" : "are not declared outputs"}`,
      `Add ${unnamed.length === 1 ? "it" : "them"} to outputs, or set extra: "drop" or extra: "keep".`,
      { stage: name },
    );
  warn(`${name}: ${unnamed.join(", ")} ${extra === "drop" ? "dropped" : "kept"}, not declared in its outputs`);
  return extra === "keep"
    ? value
    : Object.fromEntries(outputs.map((output) => [output, (value as Record<string, unknown>)[output]]));
}
