/** The limit of machine time above which a run asks for confirmation. Used by NotebookModel for the commands that run stages. */
import type { Command, Result, RunCostView } from "stagebook/protocol";

export interface RunLimitPort {
  /** Milliseconds; undefined when no run asks for confirmation. */
  limitMs(): number | undefined;
  /** Asks the user. Resolves to false when the user declines. */
  confirm(cost: RunCostView): Promise<boolean>;
}

type Running = "run" | "run-stale";
type RunCommand<T extends Running> = Extract<Command, { readonly type: T }>;

/** Sends the command, and once more without the limit when the user confirms its cost. A run that is refused has the status `cancelled`. */
export async function sendWithinLimit<T extends Running>(
  { limitMs, confirm }: RunLimitPort,
  command: RunCommand<T>,
  send: (command: RunCommand<T>) => Promise<Result<T>>,
): Promise<Result<T>> {
  const limit = limitMs();
  if (limit === undefined) return send(command);
  const result = await send({ ...command, limitMs: limit });
  if (result.status !== "unconfirmed" || !result.cost) return result;
  return (await confirm(result.cost)) ? send(command) : { ...result, status: "cancelled" };
}
