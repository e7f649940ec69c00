/** How code refers to a stage or a parameter, for texts that say what to write. In a notebook: by the variable that holds it. */
import { inputOf } from "./input";

/** The variables of the notebook; undefined outside one. */
let findVariables: () => Readonly<Record<string, unknown>> | undefined = () => undefined;

/** From now on handles are called by the notebook's variables. Called when a kernel is connected. */
export function useNotebookVariables(find: typeof findVariables): void {
  findVariables = find;
}

/** `clean`, or undefined when no variable holds the stage or parameter. A script's variables are unknown: there it is the name, if it can be one. */
export function variableOf(kind: "stage" | "param", name: string): string | undefined {
  const variables = findVariables();
  if (!variables) return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : undefined;
  const held = Object.keys(variables).filter((variable) => {
    const ref = refOf(variables[variable]);
    return (
      ref?.kind === kind &&
      ref.name === name &&
      !("overrides" in ref) &&
      !("part" in ref) &&
      !variable.startsWith("tsLastExpr")
    );
  });
  return held.includes(name) ? name : held[0];
}

/** What runs the stage and returns its value. */
export function callText(stage: string): string {
  const variable = variableOf("stage", stage);
  return variable === undefined ? `await pipeline.run({ target: ${JSON.stringify(stage)} })` : `await ${variable}()`;
}

/** The handle with a method call: `clean.with({ limit: 10 })`. */
export function methodText(kind: "stage" | "param", name: string, call: string): string {
  const variable = variableOf(kind, name);
  return variable === undefined
    ? `.${call} of the ${kind === "stage" ? "stage" : "parameter"} ${JSON.stringify(name)}`
    : `${variable}.${call}`;
}

function refOf(value: unknown): ReturnType<typeof inputOf> {
  return typeof value === "function" || (typeof value === "object" && value !== null) ? inputOf(value) : undefined;
}
