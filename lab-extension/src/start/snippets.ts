/** Cells to begin with: the example, and a new stage or parameter. Pure. */

/** A small pipeline that works as it is. */
export const EXAMPLE_CELLS: readonly string[] = [
  'import { param, show, stage } from "stagebook";',
  'const limit = param("limit", 100, { min: 2, max: 1000, step: 1, description: "The largest number that is tried" });',
  `const primes = stage("primes", { limit }, ({ limit }) => {
  const found: number[] = [];
  for (let n = 2; n <= limit; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
});`,
  'const largest = stage("largest", { primes }, ({ primes }) => primes.slice(-5));',
  "show(await largest());",
];

export type SnippetKind = "stage" | "param";

/**
 * The cells that add a stage or a parameter to a notebook whose code cells are `sources`: one with a name that is not taken, and
 * before it the import, if it is missing.
 */
export function snippetCells(kind: SnippetKind, sources: readonly string[]): string[] {
  const code = sources.join("\n");
  const name = freeName(kind === "stage" ? "newStage" : "newParam", code);
  const cell =
    kind === "stage" ? stageCell(name) : `const ${name} = param("${name}", 10, { min: 0, max: 100, step: 1 });`;
  return imports(code, kind) ? [cell] : [`import { ${kind} } from "stagebook";`, cell];
}

const stageCell = (name: string): string => `const ${name} = stage("${name}", {}, () => {
  return 1;
});`;

function freeName(base: string, code: string): string {
  const isTaken = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(code);
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}${count}`;
    if (!isTaken(name)) return name;
  }
}

/** Whether an import from stagebook brings this name, under this name. */
function imports(code: string, name: string): boolean {
  return [...code.matchAll(/import\s*\{([^}]*)\}\s*from\s*["']stagebook["']/g)].some(([, names = ""]) =>
    names.split(",").some(
      (each) =>
        each
          .trim()
          .split(/\s+as\s+/)
          .at(-1) === name,
    ),
  );
}
