/** The surroundings of a command: streams, environment variables and folder. Passed down, so that commands can be called from code. */
import path from "node:path";
import type { Environment } from "../pipeline-context";
import type { Terminal } from "./terminal/terminal";

export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** Absolute: relative paths of arguments start here. */
  readonly folder: string;
  /**
   * Called before the cells of a notebook are executed: a Jupyter kernel works in the folder of its notebook. Only the program, which
   * owns its process, changes the working folder; called from code, a command leaves it as it is.
   */
  readonly enterFolder: (folder: string) => void;
}

/** A path as it was typed, made absolute. */
export function resolvePath({ folder }: Pick<CommandContext, "folder">, file: string): string {
  return path.resolve(folder, file);
}
