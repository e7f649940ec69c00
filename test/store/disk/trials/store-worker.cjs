/**
 * A child process that works on a store together with others for a fixed time: it claims a key, computes the result unless it exists,
 * and commits it. Prints the counts as JSON; anything unexpected is an error.
 */
const { appendFileSync } = require("node:fs");
const { createDiskStore } = require("./store/disk/store.js");
const { v8Codec } = require("./store/codecs/v8-codec.js");
const { digestOf } = require("./key/digest.js");
const { digestValue } = require("./key/values/canonical.js");

const [folder, record, forMs, id] = process.argv.slice(2);
const warnings = [];
const store = createDiskStore({ folder, onProblem: (message, where) => warnings.push(`${message}: ${where}`) });
const end = Date.now() + Number(forMs);
/** However slow the machine is. */
const MIN_ROUNDS = 6;
const counts = { done: 0, found: 0, waited: 0 };

function resultOf(n) {
  const value = { n, text: `n${n} `.repeat((n * 7919) % 5000) };
  const bytes = v8Codec.encode(value);
  const ref = { digest: digestOf(bytes), sizeBytes: bytes.length };
  const output = {
    digest: digestValue(value),
    blobs: [ref],
    files: [],
    sizeBytes: bytes.length,
    codec: "v8",
    summary: "",
  };
  const base = { format: 1, key: digestOf(`key ${n}`), partial: digestOf(`partial ${n}`), parts: [], output };
  return { entry: { ...base, at: n, durationMs: 0, params: {}, run: "r", made: { stagebook: "0", node: "0" } }, bytes };
}

async function exists(n, key) {
  const entry = await store.findEntry(key);
  if (!entry) return false;
  const release = await store.hold(entry);
  const bytes = await store.readBlob(entry.output.blobs[0]);
  await release();
  if (!bytes || v8Codec.decode(bytes).n !== n) throw new Error(`wrong value of ${n}`);
  counts.found++;
  return true;
}

/** Resolves when this or another process has stored the result. */
async function computeOnce(n) {
  const { entry, bytes } = resultOf(n);
  const head = { notebook: "n", stage: `s${n % 5}` };
  for (;;) {
    if (await exists(n, entry.key)) return;
    const taken = await store.claim(entry.key, head);
    if (!taken.claim) {
      counts.waited++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    // Another process may have stored it before the claim was granted.
    if (!(await exists(n, entry.key))) {
      appendFileSync(record, `${n}\n`);
      await store.commit(head, entry, [{ ref: entry.output.blobs[0], pieces: [bytes] }]);
      counts.done++;
    }
    await taken.claim.release();
    return;
  }
}

async function work() {
  for (let round = 0; round < MIN_ROUNDS || Date.now() < end; round++) {
    // All processes compute the same keys, and each also some of its own.
    await computeOnce(round);
    if (round % 3 === 0) await computeOnce(1_000_000 * (Number(id) + 1) + round);
    if (round % 50 === 49) await store.gc({});
    if (round % 97 === 96) await store.sweep();
  }
}

work()
  .then(() => process.stdout.write(JSON.stringify({ ...counts, warnings })))
  .catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
