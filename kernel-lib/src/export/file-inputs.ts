/** The files that stages take as inputs, for the exports that draw them. */
import type { InputView, View } from "../protocol";

/** Each once, by kind and name, in order of first use. */
export function fileInputs({ stages }: View): ReadonlyMap<string, InputView> {
  const inputs = Object.values(stages).flatMap((stage) => stage.inputs);
  const files = inputs.filter(({ kind }) => kind === "file" || kind === "files");
  return new Map(files.map((input) => [`${input.kind} ${input.name}`, input]));
}
