/** The state of what was read: it changes with what the code would read, and its text shows no secret. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { digestOf } from "../../kernel-lib/src/key/digest";
import { labelOfRead, stateOfRead, type ObservedRead, type ReadState } from "../../kernel-lib/src/observe";

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "states-")));
const at = (name: string): string => path.join(folder, name);
afterAll(() => fs.rmSync(folder, { recursive: true }));

const files = {
  state: (file: string) => Promise.resolve({ digest: digestOf(fs.readFileSync(file)), text: "content" }),
};
const stateOf = async (read: ObservedRead): Promise<ReadState> => await stateOfRead(read, files);

interface Change {
  readonly read: ObservedRead;
  readonly change: () => void;
  readonly texts: readonly [string, string];
}

const changes: Record<string, Change> = {
  file: {
    read: { kind: "file", name: at("f") },
    change: () => fs.writeFileSync(at("f"), "2"),
    texts: ["content", "content"],
  },
  folder: {
    read: { kind: "folder", name: at("d") },
    change: () => fs.writeFileSync(at("d/x"), ""),
    texts: ["0 entries", "1 entry"],
  },
  "type in a folder": {
    read: { kind: "folder", name: at("d") },
    change: () => {
      fs.rmSync(at("d/x"));
      fs.mkdirSync(at("d/x"));
    },
    texts: ["1 entry", "1 entry"],
  },
  "missing folder": {
    read: { kind: "folder", name: at("n") },
    change: () => fs.mkdirSync(at("n")),
    texts: ["missing", "0 entries"],
  },
  existence: {
    read: { kind: "exists", name: at("e") },
    change: () => fs.writeFileSync(at("e"), ""),
    texts: ["missing", "file"],
  },
  size: {
    read: { kind: "stat", name: at("e"), fields: "size" },
    change: () => fs.writeFileSync(at("e"), "12"),
    texts: ["file, size 0", "file, size 2"],
  },
  link: {
    read: { kind: "link", name: at("l") },
    change: () => {
      fs.rmSync(at("l"));
      fs.symlinkSync("e", at("l"));
    },
    texts: ["f → f", "e → e"],
  },
  variable: {
    read: { kind: "env", name: "OBSERVED_STATE" },
    change: () => void (process.env.OBSERVED_STATE = "on"),
    texts: ["not set", "on"],
  },
  zone: {
    read: { kind: "zone", name: "" },
    change: () => void (process.env.TZ = "Asia/Tokyo"),
    texts: ["UTC", "Asia/Tokyo"],
  },
  "working folder": { read: { kind: "cwd", name: "" }, change: () => process.chdir(at("d")), texts: [folder, at("d")] },
};

describe("[V7] the state of a read changes", () => {
  test.each(Object.entries(changes))("%s", async (_name, { read, change, texts }) => {
    if (!fs.existsSync(at("f"))) {
      fs.writeFileSync(at("f"), "1");
      fs.mkdirSync(at("d"));
      fs.symlinkSync("f", at("l"));
      process.env.TZ = "UTC";
      process.chdir(folder);
    }
    const first = await stateOf(read);
    expect((await stateOf(read)).digest).toBe(first.digest);
    change();
    const second = await stateOf(read);
    expect(second.digest).not.toBe(first.digest);
    expect([first.text, second.text]).toEqual(texts);
  });

  test("a variable that is empty is not one that is missing", async () => {
    process.env.OBSERVED_EMPTY = "";
    const empty = await stateOf({ kind: "env", name: "OBSERVED_EMPTY" });
    expect(empty.digest).not.toBe((await stateOf({ kind: "env", name: "OBSERVED_MISSING" })).digest);
  });

  test.each(["hostname", "platform", "cpus", "homedir", "userInfo", "process.version", "process.argv"])(
    "system's %s has a state",
    async (name) => {
      const state = await stateOf({ kind: "system", name });
      expect(state.digest).toBe((await stateOf({ kind: "system", name })).digest);
    },
  );
});

describe("[V7] texts", () => {
  test.each([
    ["API_KEY", "abc"],
    ["DB_PASSWORD", "hunter2"],
    ["GITHUB_TOKEN", "abc"],
    ["DATABASE_URL", "postgres://user:word@host/db"],
    ["MY_SECRET", "x"],
  ])("%s is not shown", async (name, value) => {
    process.env[name] = value;
    const { text } = await stateOf({ kind: "env", name });
    expect(text).toMatch(/^set, sha256 [0-9a-f]{8}$/);
  });

  test("long values are shortened", async () => {
    process.env.OBSERVED_LONG = "x".repeat(500);
    expect((await stateOf({ kind: "env", name: "OBSERVED_LONG" })).text).toMatch(
      /^500 characters, sha256 [0-9a-f]{8}$/,
    );
  });

  test("labels are relative to the notebook's folder", () => {
    const label = (read: ObservedRead): string => labelOfRead(read, folder);
    expect([
      label({ kind: "file", name: at("data/a.txt") }),
      label({ kind: "file", name: "/elsewhere/a.txt" }),
      label({ kind: "folder", name: folder }),
      label({ kind: "stat", name: at("a"), fields: "mtime,size" }),
      label({ kind: "env", name: "HOME" }),
      label({ kind: "env", name: "" }),
    ]).toEqual([
      "file data/a.txt",
      "file /elsewhere/a.txt",
      "folder .",
      "mtime, size of a",
      "variable HOME",
      "names of all variables",
    ]);
  });
});
