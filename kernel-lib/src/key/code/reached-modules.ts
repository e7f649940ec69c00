/** Where the walk stops: packages and Node modules count by version, file and position. */
import { digestOf } from "../digest";
import type { Reached, Visitor } from "./reached";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "../scopes";

export class ReachedModules {
  constructor(
    private readonly reached: Reached,
    private readonly scopes: Scopes,
    private readonly visitor: Visitor,
  ) {}

  /** A package's function counts by its position, and by the user's values that it captured (`debounce(save)`). */
  visitPackageFunction(fn: AnyFunction, live: LiveFunction, module: ModuleRef, name: string): string {
    const reference = this.visitModule(fn, module, live.position, name);
    const captured = [...(live.captured?.() ?? [])].filter(([, value]) => this.isUserValue(value));
    if (captured.length === 0 || reference.startsWith("global:")) return reference;
    this.reached.isLasting = false;
    return JSON.stringify([
      reference,
      ...captured.map(([key, value]) => [key, this.visitor.describe(value, `${name} ${key}`)]),
    ]);
  }

  /** Code of packages and of Node is identified by its position alone; null is what packages fill in later (a cache, a timer). */
  private isUserValue(value: unknown): boolean {
    if (typeof value !== "function") return value !== undefined && value !== null;
    if (this.scopes.isProxy(value) || this.scopes.builtinName(value) !== undefined) return false;
    const live = this.scopes.inspect(value);
    return live.bound !== undefined || (!live.native && !live.module);
  }

  visitModule(value: object, module: ModuleRef, position: string, name: string): string {
    if (module.id === "stagebook") return "global:stagebook";
    const index = this.reached.reserve(value);
    const text = `${module.id}${module.file ? ` ${module.file}` : ""} ${position}`;
    this.reached.parts[index] = {
      kind: "module",
      name: module.id.replace(/(.)@.*$/, "$1") === name ? name : `${name} of ${module.id.replace(/(.)@.*$/, "$1")}`,
      digest: digestOf(text),
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
