/** A child process that commits results until it is killed. Prints the number of each on stdout once it is committed. */
const { writeFile } = require("node:fs/promises");
const { join } = require("node:path");
const { createDiskStore } = require("./store/disk/store.js");
const { v8Codec } = require("./store/codecs/v8-codec.js");
const { digestOf } = require("./key/digest.js");
const { digestValue } = require("./key/values/canonical.js");

const [folder, start] = process.argv.slice(2);
const store = createDiskStore({
  folder,
  onProblem: (message, where) => process.stderr.write(`${message}: ${where}\n`),
});

/** Values of many sizes; their content can be derived from the key. */
function resultOf(n) {
  const value = { n, text: `n${n} `.repeat((n * 7919) % 20_000), numbers: new Float64Array((n * 31) % 30_000).fill(n) };
  const bytes = v8Codec.encode(value);
  const output = {
    digest: digestValue(value),
    blobs: [{ digest: digestOf(bytes), sizeBytes: bytes.length }],
    files: [],
    sizeBytes: bytes.length,
    codec: "v8",
    summary: "",
  };
  const made = { stagebook: "0", node: "0" };
  const base = { format: 1, key: digestOf(`key ${n}`), partial: digestOf(`partial ${n}`), parts: [], output };
  return { entry: { ...base, at: n, durationMs: 0, params: {}, run: "r", made }, bytes };
}

/** Every fourth result has a file, whose content can be derived from the key too. */
async function fileOf(n) {
  if (n % 4 !== 0) return [];
  const path = join(await store.scratchFolder(), "out.txt");
  await writeFile(path, `file of ${n}`);
  return [await store.adoptFile(path, "out.txt")];
}

async function write() {
  for (let round = 0; ; round++) {
    // Some keys come twice, and writers that start close to each other share some.
    const n = (Number(start) + Math.floor(round / 2) * 3 + (round % 2) * 7) % 5000;
    const { entry, bytes } = resultOf(n);
    const head = { notebook: "n", stage: `s${n % 3}` };
    const { claim } = await store.claim(entry.key, head);
    const release = await store.hold(entry);
    const output = { ...entry.output, files: await fileOf(n) };
    await store.commit(head, { ...entry, output }, [{ ref: output.blobs[0], pieces: [bytes] }]);
    process.stdout.write(`${n}\n`);
    await release();
    await claim?.release();
    // Removes blobs that killed processes put without committing an entry.
    if (round % 4 === 3) await store.gc({});
    if (round % 7 === 3)
      await store.putBlob({ ref: blobRef(`put ${start} ${round}`), pieces: [Buffer.from(`put ${start} ${round}`)] });
  }
}

function blobRef(text) {
  return { digest: digestOf(text), sizeBytes: Buffer.byteLength(text) };
}

process.stdout.write("ready\n");
void write();
