/**
 * Local modules that import each other. tslab lists a module as loaded when its code has ended, so a circle of imports loads the same
 * modules again and again until the stack is full. As in Node.js, a module is listed before its code begins, and taken out if that throws.
 */
import Module from "node:module";
import { findNotebookExports, findSideTables } from "../tslab";
import type { Repair } from "./repair";

type Compile = (this: NodeJS.Module, source: string, file: string, ...rest: unknown[]) => unknown;

export const circularModules: Repair = {
  name: "circular-modules",
  install() {
    const tables = findSideTables();
    // Without the variables of a notebook no cell is executed here: only compiled.
    if (!tables && !findNotebookExports()) return;
    if (!tables) throw new Error("the tables of local modules were not found");
    const { sideModules, sideOutputs } = tables;
    const loader = Module.prototype as unknown as { _compile: Compile };
    const { _compile: compile } = loader;
    loader._compile = function _compile(source, file, ...rest) {
      const isLocal = sideOutputs.get(file) === source && !sideModules.has(file);
      if (isLocal) sideModules.set(file, this);
      let isComplete = false;
      // Without a catch: thrown again, the error would show this line instead of the module's.
      try {
        const result = Reflect.apply(compile, this, [source, file, ...rest]);
        isComplete = true;
        return result;
      } finally {
        if (!isComplete && isLocal && sideModules.get(file) === this) sideModules.delete(file);
      }
    };
  },
};
