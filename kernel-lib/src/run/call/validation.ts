/** The checks and hooks that a stage names: what they say of a value that was made, or came from the store. */
import type { RunId } from "../../protocol";
import { messageOf, StagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";

/**
 * Why a value that the body made is not to be stored; undefined when it is valid. Throws `invalid-output` unless the stage says
 * `whenInvalid: "warn"`.
 */
export async function checkMade(definition: StageDefinition, value: unknown): Promise<string | undefined> {
  const problem = await findProblem(definition, value);
  if (problem === undefined || definition.whenInvalid === "warn") return problem;
  throw invalid(
    definition,
    `made an invalid value: ${problem}`,
    "Nothing was stored. Mend the stage, or its validate.",
  );
}

/** False for a value from the store that is to be made again; tells the stage's hook of one that is not. */
export async function acceptLoaded(
  engine: Pick<EngineContext, "log">,
  instance: Instance,
  value: unknown,
): Promise<boolean> {
  if ((await checkLoaded(engine, instance.definition, value)) === "make again") return false;
  callHook(engine, instance, "onLoad", value);
  return true;
}

/** What to do with a value from the store. Throws `invalid-output` when the stage says `whenInvalid: "throw"`. */
async function checkLoaded(
  engine: Pick<EngineContext, "log">,
  definition: StageDefinition,
  value: unknown,
): Promise<"use" | "make again"> {
  const problem = await findProblem(definition, value);
  if (problem === undefined) return "use";
  if (definition.whenInvalid === "throw")
    throw invalid(
      definition,
      `has an invalid stored value: ${problem}`,
      `Run it again with ${definition.name}.run({ force: true }), or mend its validate.`,
    );
  const isUsed = definition.whenInvalid === "warn";
  engine.log(
    "warn",
    `${definition.name}: the stored value is invalid (${problem})${isUsed ? "" : "; it is made again"}`,
    { stage: definition.name, cell: definition.cell },
  );
  return isUsed ? "use" : "make again";
}

/** Tells the hooks of a stage; one that throws is reported and harms no result. */
export function callHook(
  engine: Pick<EngineContext, "log">,
  { definition }: Instance,
  hook: "onSave" | "onLoad",
  value: unknown,
  run?: RunId,
): void {
  try {
    const waits: unknown = definition[hook]?.(value);
    if (waits instanceof Promise) waits.catch((error: unknown) => tell(error));
  } catch (error) {
    tell(error);
  }
  function tell(error: unknown): void {
    engine.log("error", `${definition.name}: ${hook} failed: ${messageOf(error)}`, {
      stage: definition.name,
      cell: definition.cell,
      run,
    });
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
