/** Where the walk stops: packages and Node modules count by version, file and position. */
import { digestOf } from "../digest";
import type { PackageCode } from "./packages/package-code";
import type { PackageWalk } from "./packages/package-walk";
import type { Reached } from "./reached";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "../scopes";

export class ReachedModules {
  constructor(
    private readonly reached: Reached,
    private readonly scopes: Scopes,
    private readonly code: PackageCode,
    private readonly packages: PackageWalk,
  ) {}

  /** A package's function counts by its position, and by what the user gave to the package that it holds (`debounce(save)`). */
  visitPackageFunction(fn: AnyFunction, live: LiveFunction, module: ModuleRef, name: string): string {
    if (this.packages.holds(fn, live)) return this.packages.visit(fn, name);
    return this.visitModule(fn, module, live.position, name, this.code.exportedPlace(fn, live));
  }

  visitModule(value: object, module: ModuleRef, position: string, name: string, place?: string): string {
    if (module.id === "stagebook") return "global:stagebook";
    const index = this.reached.reserve(value);
    const text = `${module.id}${module.file ? ` ${module.file}` : ""} ${position}`;
    this.reached.parts[index] = {
      kind: "module",
      name: module.id.replace(/(.)@.*$/, "$1") === name ? name : `${name} of ${module.id.replace(/(.)@.*$/, "$1")}`,
      digest: digestOf(place ?? text),
      text,
    };
    return `#${index}`;
  }

  /** Modules that the code loads during the execution. */
  visitRequired(ids: readonly (string | null)[], require: unknown): string {
    const found = ids.map((id) => {
      if (id === null) return this.reached.untrack("import", "the name of the module is computed");
      const module = this.scopes.moduleOf(require, id);
      if (module?.id === "node:process")
        return this.reached.untrack(`import "${id}"`, "all environment variables at once");
      if (!module)
        return this.reached.untrack(
          `import "${id}"`,
          "a local module loaded during the execution; import it in a cell",
        );
      const text = `${module.id} ${module.file} *`;
      return this.reached.addPart(
        { kind: "module", name: module.id.replace(/(.)@.*$/, "$1"), digest: digestOf(text), text },
        `require ${text}`,
      );
    });
    return `require ${found.join(" ")}`;
  }

  /** A module loaded by Node's own `import(…)`; in a cell it is compiled to `require`. */
  visitImported(id: string | null): void {
    if (id === null) this.reached.untrack("import", "the name of the module is computed");
    else if (!this.scopes.moduleOf(undefined, id))
      this.reached.untrack(`import "${id}"`, "a module loaded during the execution; import it in a cell");
  }
}
