/**
 * Packages whose types are only in `exports` of their package.json. tslab resolves imports as Node.js 10 did, which knows no `exports`:
 * such a package is refused with "Cannot find module", although it can be loaded.
 */
import { requireOwn, type Repair } from "../repair";

/** In addition to `import` and `types`: what Node.js itself looks for when a cell loads the package. */
const CONDITIONS = ["node", "require", "module-sync"];

export const packageTypes: Repair = {
  name: "package-types",
  installInCompiler({ compiler }) {
    const { ts, host, resolutions } = compiler;
    // With it `exports` counts, and relative imports need no extension.
    host.options.moduleResolution = ts.ModuleResolutionKind.Bundler;
    host.options.customConditions = CONDITIONS;
    // A cell may have tried one of these packages already. What other files import stays as it was resolved: that is most of the work.
    resolutions.removeResolutionsOfFile(requireOwn<string>(compiler, "srcFilename"));
  },
};
