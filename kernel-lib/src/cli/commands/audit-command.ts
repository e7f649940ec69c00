/** `stagebook audit`: computes stored results again, and compares. */
import type { AuditFinding } from "../../run/audit/audit";
import { formatDuration, visibleText } from "../../protocol";
import type { Instance } from "../../run/state/instances";
import type { CommandContext } from "../command-context";
import type { auditOptions, OptionsOf } from "../options";
import { headOf } from "../session/run-document";
import type { Workbench } from "../session/workbench";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { jsonDocument } from "../terminal/json-value";
import { withDefinitions } from "./plan-command";

/** The share of the current results that is audited unless the command line says otherwise. */
const SAMPLE = 0.1;

export async function auditCommand(
  file: string,
  options: OptionsOf<typeof auditOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  return withDefinitions(file, options, context, async (bench) => {
    const findings = await auditStages(
      bench,
      options.target,
      options.all === true || options.target ? 1 : (options.sample ?? SAMPLE),
    );
    const code = findings.some(({ outcome }) => outcome === "different" || outcome === "failed")
      ? exitCode.different
      : exitCode.ok;
    if (options.json === true)
      terminal.out(jsonDocument({ ...headOf("audit", file), exitCode: code, stages: findings }));
    else terminal.out(`${visibleText(findings.map(textOfFinding).join("\n")) || "no stage has a current result"}\n`);
    return code;
  });
}

/** Audits a sample of the stages whose results are current, at least one. */
export async function auditStages(
  bench: Workbench,
  targets: readonly string[] | undefined,
  share: number,
): Promise<readonly AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (const internals of bench.pipelines) {
    const { assessed } = await internals.engine.planAll();
    const current = [...assessed.values()].filter(
      ({ instance: { definition }, row }) =>
        definition.partOf === undefined &&
        (row.action === "fresh" || row.action === "load") &&
        (targets === undefined || targets.includes(definition.name)),
    );
    for (const { instance } of sample(current, share))
      findings.push(await internals.engine.audit("anywhere").check(instance));
  }
  return findings;
}

function sample<T extends { readonly instance: Instance }>(all: readonly T[], share: number): readonly T[] {
  const count = Math.ceil(all.length * share);
  const shuffled = [...all];
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T];
  }
  const chosen = new Set(shuffled.slice(0, count));
  return all.filter((each) => chosen.has(each));
}

export function textOfFinding(finding: AuditFinding): string {
  switch (finding.outcome) {
    case "equal":
      return `${finding.stage}  equal after ${formatDuration(finding.durationMs)}`;
    case "different": {
      const { path, before, after } = finding.difference;
      const reads = [...new Set([...finding.reads.before, ...finding.reads.after])];
      const read = reads.length > 0 ? `; it reads ${reads.join(", ")}` : "";
      return `${finding.stage}  DIFFERENT${path === "" ? "" : ` at ${path}`}: ${before} → ${after}${read}`;
    }
    default:
      return `${finding.stage}  ${finding.outcome}: ${finding.why}`;
  }
}
