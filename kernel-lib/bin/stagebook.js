#!/usr/bin/env node
// The entry point of the command `stagebook`. Not compiled: npm links a command only if its file exists when it installs, and in a
// fresh clone lib/ is built later.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const program = join(__dirname, "..", "lib", "cli", "main.js");
if (!existsSync(program)) {
  process.stderr.write("stagebook: the package is not built. Run `npm run build` in the repository.\n");
  process.exit(1);
}
void require(program).main();
