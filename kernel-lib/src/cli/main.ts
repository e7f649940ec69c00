/** The program `stagebook`. Started by bin/stagebook.js. */
import { runCommandLine } from "./program";
import { createTerminal } from "./terminal/terminal";

export { runCommandLine };

export async function main(): Promise<void> {
  const terminal = createTerminal();
  // A body may wait for what keeps no process alive, a signal for example.
  setInterval(() => undefined, 2 ** 30);
  const code = await runCommandLine(process.argv.slice(2), terminal);
  await terminal.drained();
  // What a notebook has left open keeps nobody waiting.
  process.exit(code);
}

if (require.main === module) void main();
