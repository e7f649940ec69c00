#!/bin/sh
# tslab 1.0.22 waits for each cell that awaits something by Promise.race with one promise, which settles at the next interrupt. Until then
# that promise holds a reaction of every such cell, with all that was reachable from its execution: the message that asked for it, its
# asynchronous context. The memory of a kernel that nobody interrupts grows with each cell. `interrupt()` between two cells frees it, and
# ends nothing.
# Seen: `after 10 cells: 10 kept`, `after interrupt(): 0 kept`, `next cell: 2`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund tslab@1.0.22 typescript@5.0.4 >/dev/null
cat > cells.cjs <<'SCRIPT'
const { AsyncLocalStorage } = require("node:async_hooks");
const { createConverter } = require("tslab/dist/converter.js");
const { createExecutor } = require("tslab/dist/executor.js");
const printed = [];
const quiet = { log: (text) => printed.push(String(text)), error: (text) => printed.push(String(text)) };
const node = createConverter({ isJS: true, isBrowser: false });
const executor = createExecutor(process.cwd(), { node }, quiet);
const context = new AsyncLocalStorage();
const refs = [];
const execute = () => {
  const held = {};
  refs.push(new WeakRef(held));
  return context.run(held, () => executor.execute("await null; 1 + 1"));
};
const kept = async () => {
  for (let n = 0; n < 4; n++) {
    await new Promise((done) => setTimeout(done, 20));
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
};
(async () => {
  for (let n = 0; n < 10; n++) await execute();
  const before = await kept();
  executor.interrupt();
  const after = await kept();
  printed.length = 0;
  await execute();
  console.log(`after 10 cells: ${before} kept`);
  console.log(`after interrupt(): ${after} kept`);
  console.log(`next cell: ${printed.join()}`);
  process.exit(before === 10 && after === 0 && printed.join() === "2" ? 0 : 1);
})();
SCRIPT
node --expose-gc cells.cjs
