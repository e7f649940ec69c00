/** The program `stagebook`. Started by bin/stagebook.js. */
import { runCommandLine } from "./program";
import { createTerminal } from "./terminal/terminal";

export { runCommandLine };

export async function main(): Promise<void> {
  const terminal = createTerminal();
  // A stage may wait for something that does not keep the process alive, a signal for example.
  setInterval(() => undefined, 2 ** 30);
  const code = await runCommandLine(process.argv.slice(2), terminal, {
    enterFolder: (folder) => process.chdir(folder),
  });
  await terminal.drained();
  // Handles that a notebook left open do not delay the end.
  process.exit(code);
}

if (require.main === module) void main();
