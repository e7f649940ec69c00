/** How long an import takes: `imports.mjs PACKAGE [peer]`, one JSON line. */
const [name = "", kind] = process.argv.slice(2);
const { loadPeer, report, timeMs } = await import("./work.mjs");
report({ import: await timeMs(() => (kind === "peer" ? loadPeer(name) : import(name))) });
