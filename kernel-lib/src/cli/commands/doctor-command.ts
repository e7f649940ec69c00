/** `stagebook doctor`: what keeps the notebooks of a folder from working, and the command that fixes it. */
import { version } from "../../pipeline";
import { resolvePath, type CommandContext } from "../command-context";
import type { Finding, Surroundings } from "../doctor/check";
import { checkExtension, checkKernelSpec, checkLab } from "../doctor/jupyter-checks";
import { checkNode, checkPorts, checkStagebook, checkStore, checkTslab, checkTypes } from "../doctor/node-checks";
import type { doctorOptions, OptionsOf } from "../options";
import { headOf } from "../session/run-document";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { openStoreIn } from "./store-access";

/** Exit code 1 if notebooks do not work; what is only limited does not count. */
export async function doctorCommand(
  folder: string,
  { json = false }: OptionsOf<typeof doctorOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, environment } = context;
  const where: Surroundings = { folder: resolvePath(context, folder), environment };
  const findings = [
    checkNode(),
    checkTslab(where),
    checkStagebook(where, version),
    checkTypes(where),
    checkLab(where),
    checkKernelSpec(where),
    checkExtension(where, version),
    checkStore(() => openStoreIn(folder, context).engine.store.location),
    await checkPorts(),
  ];
  const code = findings.some(({ status }) => status === "error") ? exitCode.failed : exitCode.ok;
  if (json) terminal.out(`${JSON.stringify({ ...headOf("doctor", folder), exitCode: code, findings }, null, 2)}\n`);
  else terminal.out(findings.map(textOf).join(""));
  return code;
}

const MARKS = { ok: "✓", warning: "!", error: "✗" } as const;

function textOf({ check, status, found, problem, fix }: Finding): string {
  const line = `${MARKS[status]} ${check}: ${found}${problem === undefined ? "" : `: ${problem}`}\n`;
  return fix === undefined ? line : `${line}    ${fix}\n`;
}
