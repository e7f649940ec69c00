/** Where the code of this package lies: bundled in lib/, or in src/ when tests run the sources. */
import fs from "node:fs";
import path from "node:path";

/** The folder with the package's manifest. */
export const packageFolder = findPackageFolder(__dirname);

const [top = ""] = path.relative(packageFolder, __dirname).split(path.sep);

/** The folder below it that this code was loaded from, with a separator at the end. */
export const ownFolder = path.join(packageFolder, top) + path.sep;

/** A file of the build, also for code that runs from its source: `worker.js`. */
export function builtFile(name: string): string {
  return path.join(packageFolder, "lib", name);
}

function findPackageFolder(folder: string): string {
  return fs.existsSync(path.join(folder, "package.json")) ? folder : findPackageFolder(path.dirname(folder));
}
