#!/bin/sh
# Node.js 20.20.2: while a session of node:inspector is connected in the process, with no domain enabled, V8 keeps the arguments of
# the last 1,000 calls of console in memory. Without a session they are collected. `Runtime.discardConsoleEntries` lets go of them.
# A notebook kernel whose library reads variables through the inspector would keep every table that a cell prints.
# Seen: `without: 0 of 20 kept`, `connected: 20 of 20 kept`, `discarded: 0 of 20 kept`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@20.20.2 >/dev/null
cat > kept.cjs <<'SCRIPT'
const { Session } = require("node:inspector");
const printed = [];
const print = () => {
  for (let n = 0; n < 20; n++) {
    const value = { n };
    console.debug(value);
    printed.push(new WeakRef(value));
  }
};
const count = async () => {
  await new Promise((done) => setTimeout(done, 20));
  gc();
  return printed.filter((each) => each.deref() !== undefined).length;
};
(async () => {
  print();
  const without = await count();
  const session = new Session();
  session.connect();
  printed.length = 0;
  print();
  const connected = await count();
  session.post("Runtime.discardConsoleEntries");
  const discarded = await count();
  process.stderr.write(`without: ${without} of 20 kept\nconnected: ${connected} of 20 kept\ndiscarded: ${discarded} of 20 kept\n`);
  process.exit(without === 0 && connected === 20 && discarded === 0 ? 0 : 1);
})();
SCRIPT
./node_modules/.bin/node --version
./node_modules/.bin/node --expose-gc kept.cjs 2>&1 >/dev/null
