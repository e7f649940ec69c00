/** Packages and Node: the walk stops there, and they count by version, file and place. */
import { digestOf } from "../digest";
import type { Reached, Visitor } from "./reached";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "../scopes";

export class ReachedModules {
  constructor(
    private readonly reached: Reached,
    private readonly scopes: Scopes,
    private readonly visitor: Visitor,
  ) {}

  /** A package's function counts by its place, and by the user's values that it was made with (`debounce(save)`). */
  visitPackageFunction(fn: AnyFunction, live: LiveFunction, module: ModuleRef, name: string): string {
    const place = this.visitModule(fn, module, live.position, name);
    const captured = [...(live.captured?.() ?? [])].filter(([, value]) => this.isUsers(value));
    if (captured.length === 0 || place.startsWith("global:")) return place;
    this.reached.isLasting = false;
    return JSON.stringify([
      place,
      ...captured.map(([key, value]) => [key, this.visitor.describe(value, `${name} ${key}`)]),
    ]);
  }

  /** Code of a package and of Node is told by its place alone; null is what packages fill in later (a cache, a timer). */
  private isUsers(value: unknown): boolean {
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

  /** Modules that the code loads while it runs. */
  visitRequired(ids: readonly (string | null)[], require: unknown): string {
    const found = ids.map((id) => {
      if (id === null) return this.reached.untrack("import", "the name of the module is computed");
      const module = this.scopes.moduleOf(require, id);
      if (module?.id === "node:process")
        return this.reached.untrack(`import "${id}"`, "all environment variables at once");
      if (!module)
        return this.reached.untrack(
          `import "${id}"`,
          "a local module loaded while the stage runs; import it in a cell",
        );
      const text = `${module.id} ${module.file} *`;
      return this.reached.addPart(
        { kind: "module", name: module.id.replace(/(.)@.*$/, "$1"), digest: digestOf(text), text },
        `require ${text}`,
      );
    });
    return `require ${found.join(" ")}`;
  }

  /** By `import(…)` as Node runs it; that of a cell is compiled to `require`. */
  visitImported(id: string | null): void {
    if (id === null) this.reached.untrack("import", "the name of the module is computed");
    else if (!this.scopes.moduleOf(undefined, id))
      this.reached.untrack(`import "${id}"`, "a module loaded while the stage runs; import it in a cell");
  }
}
