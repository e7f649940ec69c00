/** The patterns of `files`: a path as it is written, or a glob. Pure; called by `matched-files.ts`. */
import picomatch from "picomatch";

/** Which files below a folder count. Paths are relative to it, with `/` between names. */
export interface FilePattern {
  matches(path: string): boolean;
  /** False for a folder below which no file can match. */
  enters(folder: string): boolean;
}

/** A glob, split before its first segment with a special character. */
export interface Glob extends FilePattern {
  /** The folder in which to search; empty for the notebook's own. */
  readonly base: string;
}

/** Undefined for a path without special characters. */
export function parseGlob(pattern: string): Glob | undefined {
  const { base, glob, isGlob } = picomatch.scan(pattern);
  if (!isGlob) return undefined;
  const isMatch = picomatch(glob, { dot: false });
  const mayEnter = foldersOf(glob);
  // picomatch lets `!(a)` match a hidden name.
  const namesHidden = /(^|[/{(,|])\\?\./.test(glob);
  const namesPackages = glob.includes("node_modules");
  return {
    base: base.replace(/\\(.)/g, "$1"),
    matches: (path) => isMatch(path) && (namesHidden || !path.split("/").some(isHidden)),
    enters: (folder) => {
      const name = nameOf(folder);
      return (namesHidden || !isHidden(name)) && (namesPackages || name !== PACKAGES) && mayEnter(folder);
    },
  };
}

/** Every file of a folder, at any depth, except hidden ones and `node_modules`. */
export const wholeFolder: FilePattern = {
  matches: (path) => !isHidden(nameOf(path)),
  enters: (folder) => !isHidden(nameOf(folder)) && nameOf(folder) !== PACKAGES,
};

const PACKAGES = "node_modules";

/** Compares a folder with the pattern segment by segment. A pattern with a slash within braces is not compared, only its depth is. */
function foldersOf(glob: string): (folder: string) => boolean {
  const isDeep = glob.includes("**");
  const depth = glob.split("/").length - 1;
  if (/[{(][^})]*\//.test(glob)) return (folder) => isDeep || folder.split("/").length <= depth;
  const segments = glob.split("/");
  const matchers = segments.map((segment) => picomatch(segment, { dot: false }));
  return (folder) => {
    for (const [at, name] of folder.split("/").entries()) {
      if (segments[at] === "**") return true;
      if (at >= segments.length - 1 || matchers[at]?.(name) !== true) return false;
    }
    return true;
  };
}

function isHidden(name: string): boolean {
  return name.startsWith(".");
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
