/** `stagebook export slurm` and `export kubernetes`: what starts `stagebook work` on a cluster. */
import path from "node:path";
import { toKubernetes, toSlurm, type WorkersRequest } from "../../export/workers";
import { version } from "../../pipeline";
import { resolvePath, type CommandContext } from "../command-context";
import type { kubernetesOptions, OptionsOf, slurmOptions } from "../options";
import { inputsOf } from "../param-options";
import { folderOf } from "../session/open-session";
import { checkSharedStore } from "../session/shared-store";
import type { ExitCode } from "../terminal/exit-code";
import { exitCode } from "../terminal/exit-code";
import { checkOutput, writeOutput } from "../terminal/output-file";
import { UsageError } from "../terminal/usage-error";
import { withDefinitions } from "./plan-command";

type WorkerOptions = Pick<
  OptionsOf<typeof slurmOptions>,
  "workers" | "target" | "set" | "setSecret" | "params" | "saved" | "output"
>;

/** Throws UsageError. */
export function exportSlurm(
  file: string,
  options: OptionsOf<typeof slurmOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { cpus = 1, time } = options;
  return exportWorkers(file, options, context, (request) => toSlurm({ ...request, cpus, time }));
}

/** Throws UsageError, `export-image` without an image. */
export function exportKubernetes(
  file: string,
  options: OptionsOf<typeof kubernetesOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { cpus = 1, image } = options;
  if (image === undefined)
    throw new UsageError("export-image", "the pods need an image", "Pass --image: it has the notebook, Node.js and the packages."); // prettier-ignore
  return exportWorkers(file, options, context, (request) => toKubernetes({ ...request, image, cpus }));
}

/** Checks the names of stages and parameters before a cluster does. */
function exportWorkers(
  file: string,
  options: WorkerOptions,
  context: CommandContext,
  write: (request: WorkersRequest) => string,
): Promise<ExitCode> {
  const { workers = 4, target = [], set = [], setSecret = [], saved = true, output } = options;
  if (options.params !== undefined)
    throw new UsageError("export-params", "--params names a file that the workers may not have", "Pass --set.");
  checkSharedStore(context.environment.STAGEBOOK_STORE);
  checkOutput(output, inputsOf(file, options, context));
  // Cells that need a result define what is behind them only where it is: without names to check, any store will do.
  const environment = target.length > 0 ? context.environment : { ...context.environment, STAGEBOOK_STORE: "none" };
  return withDefinitions(file, options, { ...context, environment }, async (bench) => {
    for (const name of target) bench.find(name);
    const full = resolvePath(context, file);
    const folder = folderOf(file, context);
    const given = [
      ["--target", target],
      ["--set", set],
      ["--set-secret", setSecret],
    ] as const;
    const text = write({
      file: path.relative(folder, full),
      folder,
      workers,
      args: [
        ...given.flatMap(([flag, values]) => values.flatMap((value) => [flag, value])),
        ...(saved ? [] : ["--no-saved"]),
      ],
      store: context.environment.STAGEBOOK_STORE,
      version,
    });
    if (output === undefined) context.terminal.out(text);
    else writeOutput(output, text);
    return exitCode.ok;
  });
}
