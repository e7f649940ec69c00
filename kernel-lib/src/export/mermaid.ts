/** The graph as Mermaid text, for `pipeline.toMermaid()` and `show(pipeline)`. */
import type { View } from "../protocol";
import { fileInputs } from "./file-inputs";
import { toSvg } from "./svg";

/** The graph as a cell's output: Mermaid in Markdown (JupyterLab renders it), an SVG elsewhere, or one line per stage. */
export function graphBundle(view: View): Readonly<Record<string, string>> {
  const lines = Object.values(view.stages).map((stage) => `${stage.name} · ${stage.status}`);
  return {
    "text/markdown": `\`\`\`mermaid\n${toMermaid(view)}\n\`\`\``,
    "image/svg+xml": toSvg(view),
    "text/plain": lines.join("\n") || "no stages yet",
  };
}

export function toMermaid(view: View): string {
  const stages = Object.values(view.stages);
  const files = fileInputs(view);
  const names = [
    ...stages.map((stage) => `stage ${stage.name}`),
    ...Object.keys(view.params).map((name) => `param ${name}`),
    ...files.keys(),
  ];
  const id = new Map<string, string>(names.map((name, index) => [name, `n${index}`]));
  const used = new Set(
    stages.flatMap((stage) => stage.inputs.flatMap((input) => (input.kind === "param" ? [input.name] : []))),
  );
  const lines = ["flowchart TD", ...styles];
  for (const stage of stages)
    lines.push(`  ${id.get(`stage ${stage.name}`)}["${escape(stage.name)}"]:::${stage.status}`);
  for (const param of Object.values(view.params))
    if (used.has(param.name))
      lines.push(`  ${id.get(`param ${param.name}`)}(["${escape(param.name)} = ${escape(param.text)}"])`);
  for (const [name, { name: path }] of files) lines.push(`  ${id.get(name)}[/"${escape(path)}"/]`);
  for (const stage of stages)
    for (const input of stage.inputs) {
      const from = id.get(`${input.kind} ${input.name}`);
      if (from !== undefined)
        lines.push(`  ${from} ${input.kind === "stage" ? "-->" : "-.->"} ${id.get(`stage ${stage.name}`)}`);
    }
  return lines.join("\n");
}

/** Readable on light and dark backgrounds. */
const styles = [
  "  classDef fresh stroke:#3fa34d,stroke-width:2px",
  "  classDef stale stroke:#e08a00,stroke-width:2px",
  "  classDef pending stroke:#e08a00,stroke-dasharray:4",
  "  classDef new stroke:#888,stroke-dasharray:4",
  "  classDef running stroke:#1976d2,stroke-width:3px",
  "  classDef failed stroke:#d32f2f,stroke-width:3px",
  "  classDef blocked stroke:#d32f2f,stroke-dasharray:4",
  "  classDef cancelled stroke:#888,stroke-width:2px",
];

/** Mermaid decodes entities such as `#34;`. */
const escape = (text: string): string => text.replace(/[#"<>[\]`]/g, (character) => `#${character.charCodeAt(0)};`);
