/** Signatures of entries, and which entries are trusted. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Store } from "stagebook";
import { createBucketStore } from "../../../kernel-lib/src/store/bucket/store";
import { digestOf } from "../../../kernel-lib/src/key/digest";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { decodeEntry, encodeEntry, type EntrySeal } from "../../../kernel-lib/src/store/records/entry-record";
import { createEntrySeal } from "../../../kernel-lib/src/store/records/entry-seal";
import { load, resultOf } from "../contract/entries";
import { createMapBucket } from "../contract/map-bucket";

const head = { notebook: "n", stage: "s" };
const one = resultOf("one", { rows: [1, 2, 3] });
const { key } = one.entry;
const secret = "correct horse battery staple";
const pair = generateKeyPairSync("ed25519");
const raw = Buffer.from(pair.privateKey.export({ format: "jwk" }).d!, "base64url").toString("base64");
const rawPublic = Buffer.from(pair.publicKey.export({ format: "jwk" }).x!, "base64url").toString("base64");
const privatePem = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
const publicPem = pair.publicKey.export({ format: "pem", type: "spki" }).toString();

const schemes: readonly (readonly [string, string, string])[] = [
  ["a secret", secret, secret],
  ["Ed25519 keys", `ed25519:${raw}`, `ed25519-public:${rawPublic}`],
  ["Ed25519 keys as PEM", privatePem, publicPem.replaceAll("\n", "\\n")],
];

describe.each(schemes)("[Y5] entries signed with %s", (_, signing, checking) => {
  const signer = createEntrySeal(signing, "team");
  const checker = createEntrySeal(checking, "team");
  const text = encodeEntry(one.entry, signer);

  test("[Y5] a signed entry is trusted by everyone who has the key", () => {
    expect(signer.findFault(key, text)).toBeUndefined();
    expect(checker.findFault(key, text)).toBeUndefined();
    expect(decodeEntry(key, text)).toEqual(one.entry);
  });

  test("[Y5] an entry with any byte changed, cut or added is not trusted", () => {
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "0" ? "1" : "0";
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      expect([at, checker.findFault(key, changed)]).not.toEqual([at, undefined]);
      expect([at, checker.findFault(key, text.slice(0, at))]).not.toEqual(
        [at, undefined].slice(0, at < text.length - 1 ? 2 : 0),
      );
    }
    for (const more of [`${text}x`, ` ${text}`, `\n${text}`, text + text])
      expect(checker.findFault(key, more)).toBeDefined();
  });

  test("[Y5] another key, another trust name, another result, no signature: not trusted, each with its reason", () => {
    const made = (seal?: EntrySeal): string => encodeEntry(one.entry, seal);
    expect(checker.findFault(digestOf("another result"), text)).toBe("has an invalid signature");
    expect(checker.findFault(key, made())).toBe("is not signed");
    expect(checker.findFault(key, made(createEntrySeal(signing, "others")))).toMatch(/another trust name \("others"/);
    const strange = `ed25519:${Buffer.alloc(32, 7).toString("base64")}`;
    expect(checker.findFault(key, made(createEntrySeal(strange, "team")))).toMatch(
      /invalid signature|with another scheme/,
    );
    expect(checker.findFault(key, made(createEntrySeal("another secret of ours", "team")))).toMatch(
      /invalid signature|with another scheme/,
    );
  });
});

describe("[Y1] invalid keys", () => {
  test.each([
    ["short", "a secret of 5 characters is too short"],
    ["ed25519:AAAA", "it has 3 bytes"],
    ["ed25519-public:", "it has 0 bytes"],
    ["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "not a valid PEM key"],
    [
      generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "pem", type: "spki" }).toString(),
      "a key of type rsa",
    ],
  ])("[Y1] %j", (text, why) => {
    const make = (): EntrySeal => createEntrySeal(text, "team");
    expect(make).toThrow(why);
    try {
      make();
    } catch (error) {
      expect(error).toMatchObject({ code: "trust-key" });
    }
  });

  test("[Y5] a public key cannot sign", () => {
    const seal = createEntrySeal(publicPem, "team");
    expect([seal.canSign, createEntrySeal(privatePem, "team").canSign]).toEqual([false, true]);
    expect(() => encodeEntry(one.entry, seal)).toThrow("a public key cannot sign");
  });
});

describe("[Y5] stores with a seal", () => {
  let base: string;
  let folders = 0;
  beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-seal-"))));
  afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

  /** Opens the same content with any seal. */
  type Open = (seal: EntrySeal | undefined, warnings: string[]) => Store;
  const kinds: readonly (readonly [
    string,
    () => { open: Open; change: (edit: (text: string) => string) => Promise<void> },
  ])[] = [
    [
      "a folder",
      () => {
        const folder = join(base, `store ${folders++}`);
        const file = join(folder, "entries-v1", `${key}.json`);
        return {
          open: (seal, warnings) => createDiskStore({ folder, seal, onProblem: (message) => warnings.push(message) }),
          change: async (edit) => writeFile(file, edit(await readFile(file, "utf8"))),
        };
      },
    ],
    [
      "a bucket",
      () => {
        const bucket = createMapBucket();
        return {
          open: (seal, warnings) => createBucketStore(bucket, { seal, onProblem: (message) => warnings.push(message) }),
          change: async (edit) => {
            const name = `entries-v1/${key}.json`;
            await bucket.put(name, Buffer.from(edit(Buffer.from((await bucket.get(name))!.bytes).toString("utf8"))));
          },
        };
      },
    ],
  ];

  test.each(kinds)(
    "[Y5] in %s: signed results load, others are treated as absent, with a warning",
    async (_, begin) => {
      const { open, change } = begin();
      const warnings: string[] = [];
      const mine = createEntrySeal(secret, "team");
      await open(mine, warnings).commit(head, one.entry, one.blobs);
      expect(await load(open(mine, warnings), one)).toEqual(one.value);
      expect(await load(open(undefined, warnings), one)).toEqual(one.value);
      expect(warnings).toEqual([]);
      expect(await load(open(createEntrySeal(secret, "others"), warnings), one)).toBe("nothing");
      await change((text) => text.replace('"durationMs":12', '"durationMs":13'));
      expect(await load(open(mine, warnings), one)).toBe("nothing");
      await open(undefined, warnings).commit(head, one.entry, one.blobs);
      expect(await load(open(mine, warnings), one)).toBe("nothing");
      expect(warnings.map((message) => message.split(";")[0])).toEqual([
        'was signed under another trust name ("team" instead of "others")',
        "has an invalid signature",
        "is not signed",
      ]);
      // Maintenance with another key does not remove their values.
      expect((await open(mine, warnings).gc({})).removedBlobs).toBe(0);
      expect((await open(mine, warnings).verify({})).problems).toEqual([]);
    },
  );
});
