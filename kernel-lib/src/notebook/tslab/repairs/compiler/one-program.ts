/**
 * One program a cell. tslab has the compiler create two: the first only to learn which names the cell declares, the second with
 * `export { … }` of these names. Parsing the cell alone gives the names too, so the first program is created with the second's text.
 * Names that begin with two underscores are then written as the user did: tslab writes three, and refuses the cell.
 */
import { readCell } from "./cell-source";
import { requireOwn, type Repair } from "../repair";

export const oneProgram: Repair = {
  name: "one-program",
  installInCompiler({ compiler }) {
    const { converter, host, builder } = compiler;
    const { convert } = converter;
    const source = requireOwn<string>(compiler, "srcFilename");
    const { afterProgramCreate } = host;
    let isConverting = false;
    host.afterProgramCreate = (next) => {
      afterProgramCreate(next);
      if (isConverting) hideNames(next.getSourceFile(source));
    };
    converter.convert = (declarations, cell) => {
      const { names } = readCell(compiler, cell);
      isConverting = true;
      // The same text as before needs no other program.
      hideNames(builder().getSourceFile(source));
      try {
        return convert(declarations, names.length > 0 ? `${cell}\nexport {${names.join(", ")}}` : cell);
      } finally {
        isConverting = false;
      }
    };
  },
};

/** The first thing that tslab does with the program is to list the names, to append what is appended already. It happens once. */
function hideNames(file: object | undefined): void {
  const { locals } = (file ?? {}) as { readonly locals?: ReadonlyMap<string, unknown> };
  if (!locals) return;
  Object.defineProperty(locals, "forEach", {
    configurable: true,
    value: () => void Reflect.deleteProperty(locals, "forEach"),
  });
}
