/** The graph in Graphviz's DOT language, for `pipeline.toDot()`. */
import { visibleText, type View } from "../protocol";
import { fileInputs } from "./file-inputs";

export function toDot(view: View): string {
  const lines = ["digraph stagebook {", "  rankdir=TB;", "  node [shape=box];"];
  for (const stage of Object.values(view.stages)) {
    lines.push(`  ${quote(`stage ${stage.name}`)} [label=${quote(`${stage.name}\n${stage.status}`)}];`);
    for (const input of stage.inputs) {
      if (input.kind === "stage") lines.push(`  ${quote(`stage ${input.name}`)} -> ${quote(`stage ${stage.name}`)};`);
      if (input.kind === "param" || input.kind === "file" || input.kind === "files")
        lines.push(`  ${quote(`${input.kind} ${input.name}`)} -> ${quote(`stage ${stage.name}`)} [style=dashed];`);
    }
  }
  for (const param of Object.values(view.params))
    lines.push(`  ${quote(`param ${param.name}`)} [shape=ellipse, label=${quote(`${param.name} = ${param.text}`)}];`);
  for (const [id, { name }] of fileInputs(view)) lines.push(`  ${quote(id)} [shape=note, label=${quote(name)}];`);
  return [...lines, "}"].join("\n");
}

const quote = (text: string): string =>
  `"${visibleText(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
