/** Checks and hooks of a stage: `validate`, `onSave` and `onLoad`, for values that it returned and values from the store. */
import { methodText } from "../../stage/handle-names";
import type { RunId } from "../../protocol";
import { messageOf, StagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";

/**
 * Why a value that the function returned must not be stored; undefined when it is valid. Throws `invalid-output` unless the stage has
 * `whenInvalid: "warn"`.
 */
export async function checkReturned(definition: StageDefinition, value: unknown): Promise<string | undefined> {
  const problem = await findProblem(definition, value);
  if (problem === undefined || definition.whenInvalid === "warn") return problem;
  throw invalid(
    definition,
    `returned an invalid value: ${problem}`,
    "Nothing was stored. Fix the stage, or its validate.",
  );
}

/** False for a stored value that must be recomputed. Calls the stage's hook for one that is used. */
export async function acceptLoaded(
  engine: Pick<EngineContext, "log">,
  instance: Instance,
  value: unknown,
): Promise<boolean> {
  if ((await checkLoaded(engine, instance.definition, value)) === "recompute") return false;
  callHook(engine, instance, "onLoad", value);
  return true;
}

/** What to do with a stored value. Throws `invalid-output` when the stage has `whenInvalid: "throw"`. */
async function checkLoaded(
  engine: Pick<EngineContext, "log">,
  definition: StageDefinition,
  value: unknown,
): Promise<"use" | "recompute"> {
  const problem = await findProblem(definition, value);
  if (problem === undefined) return "use";
  const { name, cell, whenInvalid } = definition;
  if (whenInvalid === "throw")
    throw invalid(
      definition,
      `has an invalid stored value: ${problem}`,
      `Run it again with ${methodText("stage", name, "run({ force: true })")}, or fix its validate.`,
    );
  const isUsed = whenInvalid === "warn";
  const text = `${name}: the stored value is invalid (${problem})${isUsed ? "" : "; recomputing"}`;
  engine.log("warn", text, { stage: name, cell });
  return isUsed ? "use" : "recompute";
}

/** Calls a hook of the stage. One that throws or rejects is logged and does not affect the result. */
export function callHook(
  engine: Pick<EngineContext, "log">,
  { definition }: Instance,
  hook: "onSave" | "onLoad",
  value: unknown,
  runId?: RunId,
): void {
  const { name: stage, cell } = definition;
  const logFailure = (error: unknown): void =>
    engine.log("error", `${stage}: ${hook} failed: ${messageOf(error)}`, { stage, cell, run: runId });
  try {
    const pending: unknown = definition[hook]?.(value);
    if (pending instanceof Promise) pending.catch(logFailure);
  } catch (error) {
    logFailure(error);
  }
}

async function findProblem({ validate }: StageDefinition, value: unknown): Promise<string | undefined> {
  if (!validate) return undefined;
  try {
    return (await validate(value)) === false ? "validate returned false" : undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function invalid({ name }: StageDefinition, what: string, advice: string): StagebookError {
  return new StagebookError("invalid-output", `stage "${name}" ${what}`, advice, { stage: name });
}
