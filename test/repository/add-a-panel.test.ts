/** The how-to document for panels: its code compiles in the files that it names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { repository } from "../rig/kernel/notebook-folder";

const extension = join(repository, "lab-extension");
const text = readFileSync(join(extension, "docs", "how-to", "add-a-panel.md"), "utf8");

/** The only code block of a language, without its indentation. */
function codeOf(language: string): string {
  const blocks = [...text.matchAll(new RegExp(`^ +\`\`\`${language}\\n(.*?)^ +\`\`\``, "gms"))].map(
    (match) => match[1],
  );
  expect(blocks).toHaveLength(1);
  return (blocks[0] ?? "").replace(/^ {3}/gm, "");
}

test("[U1] the panel of the how-to document compiles, with its one entry in the sidebar", () => {
  const panel = join(extension, "src", "problems", "problems-panel.tsx");
  const sidebar = join(extension, "src", "sidebar", "sidebar.ts");
  expect(text).toContain("`src/problems/problems-panel.tsx`");
  expect(text).toContain("`sections` in `src/sidebar/sidebar.ts`");
  const importLine = 'import { ProblemsPanel } from "../problems/problems-panel";';
  expect(text).toContain(`\`${importLine}\``);
  const withEntry = readFileSync(sidebar, "utf8")
    .replace(/(const sections: [^=]*= \[\n)/, (_, start: string) => `${start}${codeOf("ts")}`)
    .replace(/^import /m, `${importLine}\nimport `);
  expect(errorsIn({ [panel]: codeOf("tsx"), [sidebar]: withEntry })).toEqual([]);
});

/** Compiles the extension with these files in addition to or instead of its own. */
function errorsIn(files: { readonly [path: string]: string }): string[] {
  const path = join(extension, "tsconfig.json");
  const config = ts.parseJsonConfigFileContent(ts.readConfigFile(path, ts.sys.readFile).config, ts.sys, extension);
  const options: ts.CompilerOptions = { ...config.options, noEmit: true, composite: false, incremental: false };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  // Otherwise a file in a new folder is not looked for.
  delete host.directoryExists;
  host.fileExists = (name) => name in files || fileExists(name);
  host.readFile = (name) => files[name] ?? readFile(name);
  host.getSourceFile = (name, languageVersion, ...rest) => {
    const source = files[name];
    return source === undefined
      ? getSourceFile(name, languageVersion, ...rest)
      : ts.createSourceFile(name, source, languageVersion);
  };
  const references = config.projectReferences;
  const program = ts.createProgram({
    rootNames: Object.keys(files),
    options,
    host,
    ...(references ? { projectReferences: references } : {}),
  });
  return Object.keys(files)
    .flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
