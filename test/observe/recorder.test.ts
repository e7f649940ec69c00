/** What a recorder keeps of one execution: its own reads only, without what it wrote itself, and what has changed since. */
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  currentRecorder,
  installObservers,
  labelOfRead,
  observing,
  ReadRecorder,
  unobserved,
} from "../../kernel-lib/src/observe";
import { orHeavy } from "../rig/part";

const load = createRequire(import.meta.url);
installObservers();
let folder = "";

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "recorder-")));
  fs.writeFileSync(at("a.txt"), "one");
  fs.writeFileSync(at("b.txt"), "two");
  fs.mkdirSync(at("out"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);
const labels = (recorder: ReadRecorder): readonly string[] => recorder.reads().map((read) => labelOfRead(read, folder));
const record = async (act: () => unknown, recorder = new ReadRecorder()): Promise<ReadRecorder> => {
  await observing(recorder, async () => act());
  return recorder;
};
const changed = async (recorder: ReadRecorder): Promise<readonly string[]> =>
  (await recorder.changedSince()).map((file) => path.relative(folder, file));

describe("[V3] executions side by side", () => {
  test("interleaved ones keep their reads apart", async () => {
    let turn!: () => void;
    const turned = new Promise<void>((resolve) => (turn = resolve));
    const [first, second] = await Promise.all([
      record(async () => {
        fs.readFileSync(at("a.txt"));
        await turned;
        Math.random();
      }),
      record(async () => {
        await new Promise(setImmediate);
        await fs.promises.readFile(at("b.txt"));
        turn();
      }),
    ]);
    expect([labels(first), labels(second)]).toEqual([["file a.txt"], ["file b.txt"]]);
    expect([first.volatile().length, second.volatile().length]).toEqual([1, 0]);
  });

  test("one within another keeps its own", async () => {
    const inner = new ReadRecorder();
    const outer = await record(async () => {
      fs.readFileSync(at("a.txt"));
      await record(() => fs.readFileSync(at("b.txt")), inner);
    });
    expect([labels(outer), labels(inner)]).toEqual([["file a.txt"], ["file b.txt"]]);
  });

  test("work of Stagebook's own is not the execution's, also later", async () => {
    const recorder = await record(async () => {
      await unobserved(async () => {
        fs.readFileSync(at("a.txt"));
        await new Promise(setImmediate);
        fs.readFileSync(at("b.txt"));
        expect(currentRecorder()).toBeUndefined();
      });
      fs.existsSync(at("b.txt"));
    });
    expect(labels(recorder)).toEqual(["existence of b.txt"]);
  });

  test("outside executions nothing is recorded", () => {
    fs.readFileSync(at("a.txt"));
    expect(currentRecorder()).toBeUndefined();
  });

  test("what a thread recorded is merged", async () => {
    const recorder = await record(() => fs.readFileSync(at("a.txt")));
    const volatile = { kind: "random", name: "Math.random()", where: "cell [1]:1:1", marks: true } as const;
    recorder.add(
      [
        { kind: "file", name: at("a.txt") },
        { kind: "stat", name: at("b.txt"), fields: "mtime,size" },
        { kind: "zone", name: "" },
      ],
      [volatile, volatile],
      [at("c.txt")],
    );
    expect(labels(recorder)).toEqual(["file a.txt", "mtime, size of b.txt", "time zone"]);
    expect(recorder.volatile()).toEqual([volatile]);
    expect(await changed(recorder)).toEqual(["c.txt"]);
  });

  test("reads are sorted and each is listed once", async () => {
    const recorder = await record(() => {
      for (const name of ["b.txt", "a.txt", "b.txt"]) fs.readFileSync(at(name));
      fs.readFileSync(path.join(folder, "out", "..", "a.txt"));
      fs.readdirSync(folder);
    });
    expect(labels(recorder)).toEqual(["file a.txt", "file b.txt", "folder ."]);
  });
});

describe("[V1] tests for existence", () => {
  test("do not count beside the content, or the listing of the folder, that says the same", async () => {
    fs.symlinkSync("a.txt", at("link"));
    const recorder = await record(() => {
      for (const name of ["a.txt", "out", "link", "none"]) fs.existsSync(at(name));
      fs.readdirSync(folder);
      fs.readFileSync(at("b.txt"));
      fs.statSync(at("b.txt"));
    });
    expect(labels(recorder)).toEqual(["existence of link", "file b.txt", "folder ."]);
  });
});

describe("[V6] what has changed since it was read", () => {
  test("a file that another process writes is reported", async () => {
    const recorder = await record(() => fs.readFileSync(at("a.txt")));
    expect(await changed(recorder)).toEqual([]);
    fs.writeFileSync(at("a.txt"), "three");
    expect(await changed(recorder)).toEqual(["a.txt"]);
  });

  test("a file that the execution writes after it has read it is reported", async () => {
    const recorder = await record(() => fs.writeFileSync(at("a.txt"), `${fs.readFileSync(at("a.txt"), "utf8")}!`));
    expect(labels(recorder)).toEqual(["file a.txt"]);
    expect(await changed(recorder)).toEqual(["a.txt"]);
  });

  test("a file that it moves away is reported", async () => {
    const recorder = await record(() => {
      fs.renameSync(at("a.txt"), at("out/a.txt"));
      fs.readFileSync(at("out/a.txt"));
    });
    expect(labels(recorder)).toEqual(["file a.txt"]);
    expect(await changed(recorder)).toEqual(["a.txt"]);
  });

  test("a folder is compared by what is in it: files written over do not change it", async () => {
    const recorder = await record(() => fs.readdirSync(folder));
    fs.writeFileSync(at("a.txt"), "three");
    expect(await changed(recorder)).toEqual([]);
    fs.writeFileSync(at("new.txt"), "");
    expect(await changed(recorder)).toEqual([""]);
  });

  test("a test for existence does not depend on the content", async () => {
    const recorder = await record(() => [fs.existsSync(at("a.txt")), fs.statSync(at("b.txt")).isFile()]);
    fs.writeFileSync(at("a.txt"), "longer than before");
    fs.writeFileSync(at("b.txt"), "longer than before");
    expect(await changed(recorder)).toEqual([]);
    fs.rmSync(at("a.txt"));
    expect(await changed(recorder)).toEqual(["a.txt"]);
  });

  test("only the fields of stats that are read count", async () => {
    const recorder = await record(() => fs.statSync(at("a.txt")).size);
    fs.utimesSync(at("a.txt"), 1, 1);
    expect(await changed(recorder)).toEqual([]);
    fs.writeFileSync(at("a.txt"), "longer than before");
    expect(await changed(recorder)).toEqual(["a.txt"]);
  });

  test("a module that was edited after it was loaded is reported", async () => {
    fs.writeFileSync(at("m.json"), "1");
    load(at("m.json"));
    fs.writeFileSync(at("m.json"), "2");
    fs.utimesSync(at("m.json"), new Date(), new Date(Date.now() + 5000));
    const recorder = await record(() => load(at("m.json")) as unknown);
    expect(labels(recorder)).toEqual(["file m.json"]);
    expect(await changed(recorder)).toEqual(["m.json"]);
  });
});

describe("[V6] whole files, whose state is taken while they are read", () => {
  const later = async (act: () => unknown): Promise<readonly string[]> => {
    const recorder = await record(() => fs.readFileSync(at("a.txt"), "utf8"));
    act();
    expect(labels(recorder)).toEqual(["file a.txt"]);
    return await changed(recorder);
  };
  const settled = async (name: string): Promise<void> => {
    fs.utimesSync(at(name), 1000, 1000);
    await new Promise((done) => setTimeout(done, 60));
  };

  test("nothing has changed: nothing is reported, also of a file that was written a moment before", async () => {
    expect(await later(() => undefined)).toEqual([]);
    await settled("a.txt");
    expect(await later(() => undefined)).toEqual([]);
  });

  test("another content of equal length in the same moment is reported", async () => {
    for (let i = 0; i < 50; i++) {
      fs.writeFileSync(at("a.txt"), "one");
      expect(await later(() => fs.writeFileSync(at("a.txt"), "two"))).toEqual(["a.txt"]);
    }
  });

  test("so is one between two reads of the same moment", async () => {
    for (let i = 0; i < 50; i++) {
      fs.writeFileSync(at("a.txt"), "one");
      const recorder = await record(() => {
        fs.readFileSync(at("a.txt"));
        unobserved(() => fs.writeFileSync(at("a.txt"), "two"));
        fs.readFileSync(at("a.txt"));
        unobserved(() => fs.writeFileSync(at("a.txt"), "one"));
      });
      expect(await changed(recorder)).toEqual(["a.txt"]);
    }
  });

  test.each<readonly [string, () => void]>([
    ["removed", () => fs.rmSync(at("a.txt"))],
    ["written, with its old time put back", () => rewriteWithTime("a.txt")],
    ["replaced by a file with its time", () => fs.renameSync(at("b.txt"), at("a.txt"))],
    ["removed and written again as it was", () => rewrite("a.txt")],
    ["emptied", () => fs.truncateSync(at("a.txt"))],
    ["now a folder", () => folderInstead("a.txt")],
    ["no longer readable", () => fs.chmodSync(at("a.txt"), 0)],
  ])("a file that is %s is reported", async (_, act) => {
    await settled("b.txt");
    await settled("a.txt");
    expect(await later(act)).toEqual(["a.txt"]);
  });
  const rewrite = (name: string): void => {
    fs.rmSync(at(name));
    fs.writeFileSync(at(name), "one");
  };
  const rewriteWithTime = (name: string): void => {
    fs.writeFileSync(at(name), "two");
    fs.utimesSync(at(name), 1000, 1000);
  };
  const folderInstead = (name: string): void => {
    fs.rmSync(at(name));
    fs.mkdirSync(at(name));
  };

  test.each(["a folder", "a link to a folder"])("a file behind %s that is exchanged is reported", async (how) => {
    for (const name of ["old", "new"]) {
      fs.mkdirSync(at(name));
      fs.writeFileSync(at(`${name}/x.txt`), "one");
      fs.utimesSync(at(`${name}/x.txt`), 1000, 1000);
    }
    const isLink = how.startsWith("a link");
    if (isLink) fs.symlinkSync("old", at("current"));
    else fs.renameSync(at("old"), at("current"));
    await new Promise((done) => setTimeout(done, 60));
    const recorder = await record(() => fs.readFileSync(at("current/x.txt")));
    if (isLink) fs.rmSync(at("current"));
    else fs.renameSync(at("current"), at("old"));
    fs.renameSync(at("new"), at("current"));
    expect(await changed(recorder)).toEqual(["current/x.txt"]);
  });

  test("one that was missing and exists now is reported", async () => {
    const recorder = await record(() => {
      expect(() => fs.readFileSync(at("none.txt"))).toThrow("ENOENT");
    });
    fs.writeFileSync(at("none.txt"), "");
    expect(labels(recorder)).toEqual(["file none.txt"]);
    expect(await changed(recorder)).toEqual(["none.txt"]);
  });

  test("what the execution writes after it has read it is reported, what it wrote before does not count", async () => {
    const recorder = await record(() => {
      fs.readFileSync(at("a.txt"));
      fs.writeFileSync(at("a.txt"), "six");
      fs.writeFileSync(at("b.txt"), "six");
      fs.readFileSync(at("b.txt"));
      fs.mkdirSync(at("own"));
      fs.writeFileSync(at("own/x"), "");
      fs.readFileSync(at("own/x"));
    });
    expect(labels(recorder)).toEqual(["file a.txt"]);
    expect(await changed(recorder)).toEqual(["a.txt"]);
  });

  test("what it reads and then removes is reported", async () => {
    const recorder = await record(() => {
      fs.readFileSync(at("a.txt"));
      fs.rmSync(at("a.txt"));
    });
    expect(await changed(recorder)).toEqual(["a.txt"]);
  });

  test("a relative name is that of the folder in which it was read", async () => {
    const started = process.cwd();
    fs.writeFileSync(at("out/a.txt"), "inner");
    try {
      const recorder = await record(() => {
        process.chdir(folder);
        const outer = fs.readFileSync("a.txt", "utf8");
        unobserved(() => process.chdir(at("out")));
        expect([outer, fs.readFileSync("a.txt", "utf8")]).toEqual(["one", "inner"]);
        process.chdir(started);
      });
      expect(labels(recorder)).toEqual(["file a.txt", "file out/a.txt"]);
      expect(await changed(recorder)).toEqual([]);
    } finally {
      process.chdir(started);
    }
  });

  test("one file under several names is one", async () => {
    const recorder = await record(() => {
      for (const name of [at("a.txt"), `${folder}/./a.txt`, `${folder}//out/../a.txt`]) fs.readFileSync(name);
    });
    expect(labels(recorder)).toEqual(["file a.txt"]);
    expect(await changed(recorder)).toEqual([]);
  });

  test.each<readonly [string, string | Buffer, unknown]>([
    ["text", "ä€😀", "utf8"],
    ["a mark of byte order", "\uFEFFx", "utf-8"],
    ["bytes that are no text", Buffer.from([0xff, 0xc3, 0x28, 0x41]), { encoding: "utf8" }],
    ["nothing", "", "utf8"],
    ["bytes", Buffer.from([1, 2, 255]), undefined],
    ["options without an encoding", "x", { encoding: null, flag: "r" }],
    ["another encoding", "ä", "latin1"],
    ["base64", "x", { encoding: "base64" }],
    ["more than a buffer", "long ".repeat(50_000), "utf8"],
  ])("gives what Node gives: %s", async (_, content, options) => {
    fs.writeFileSync(at("a.txt"), content);
    const plain = fs.readFileSync(at("a.txt"), options as "utf8");
    let read: unknown;
    const recorder = await record(() => (read = fs.readFileSync(at("a.txt"), options as "utf8")));
    expect(read).toEqual(plain);
    expect(labels(recorder)).toEqual(["file a.txt"]);
  });

  test.each<readonly [string, unknown]>([
    ["none.txt", "utf8"],
    ["out", undefined],
    ["a.txt", "no encoding"],
    ["a.txt", 7],
  ])("fails as Node fails: %s, %s", async (name, options) => {
    const failure = (): unknown => {
      try {
        return fs.readFileSync(at(name), options as "utf8");
      } catch (error) {
        const { message, code, errno, path: where, syscall } = error as NodeJS.ErrnoException;
        return { message, code, errno, where, syscall };
      }
    };
    const plain = failure();
    let failed: unknown;
    await record(() => (failed = failure()));
    expect(failed).toEqual(plain);
  });
});

describe("[V2] what the execution decides itself", () => {
  test("paths that the caller declares are never recorded", async () => {
    const recorder = new ReadRecorder({ ignores: (file) => file.startsWith(at("out")) });
    await record(() => [fs.existsSync(at("out/x")), fs.readFileSync(at("a.txt"))], recorder);
    expect(labels(recorder)).toEqual(["file a.txt"]);
  });

  test("a cache that it fills does not count, the file that it finds there does", async () => {
    const cached = (): unknown => {
      try {
        return fs.readFileSync(at("cache.json"));
      } catch {
        fs.writeFileSync(at("cache.json"), "1");
        return;
      }
    };
    expect(labels(await record(cached))).toEqual([]);
    expect(labels(await record(cached))).toEqual(["file cache.json"]);
  });

  test("an output folder that it empties first does not count", async () => {
    const recorder = await record(() => {
      if (fs.existsSync(at("out"))) fs.rmSync(at("out"), { recursive: true });
      fs.mkdirSync(at("out"));
      fs.writeFileSync(at("out/x"), "");
      return fs.readdirSync(at("out"));
    });
    expect(labels(recorder)).toEqual([]);
  });

  test("a relative path after a change of the working folder is another file", async () => {
    const started = process.cwd();
    try {
      const recorder = await record(() => {
        process.chdir(folder);
        fs.existsSync("a.txt");
        process.chdir(at("out"));
        return [fs.existsSync("a.txt"), process.cwd()];
      });
      expect(labels(recorder)).toEqual(["existence of a.txt", "existence of out/a.txt"]);
    } finally {
      process.chdir(started);
    }
  });

  test.each<readonly [string, () => unknown, boolean]>([
    ["a relative path", () => fs.readFileSync("a.txt"), true],
    ["a relative path that is tested", () => fs.existsSync("a.txt"), true],
    ["a relative path as bytes", () => fs.readdirSync(Buffer.from(".")), true],
    ["a relative source of a copy", () => fs.cpSync("out", at("copied"), { recursive: true }), true],
    ["a path made of the working folder", () => fs.readFileSync(path.join(process.cwd(), "a.txt")), true],
    ["a path that is resolved", () => fs.readFileSync(path.resolve("a.txt")), true],
    ["an absolute path", () => fs.readFileSync(at("a.txt")), false],
    ["a relative path in a folder of its own choice", () => (process.chdir(at("out")), fs.readdirSync(".")), false],
  ])("%s: whether the working folder counts", async (_title, read, isCounted) => {
    const started = process.cwd();
    process.chdir(folder);
    try {
      const recorder = await record(read);
      expect(recorder.reads().some(({ kind }) => kind === "cwd")).toBe(isCounted);
    } finally {
      process.chdir(started);
      fs.rmSync(at("copied"), { recursive: true, force: true });
    }
  });

  test("a time zone that it sets is its own", async () => {
    const { TZ } = process.env;
    try {
      const recorder = await record(() => {
        process.env.TZ = "Asia/Tokyo";
        expect(new Date(0).getHours()).toBe(9);
      });
      expect(labels(recorder)).toEqual([]);
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
  });
});

describe("[V1] locations", () => {
  test("name the line that reads, and the package in between", async () => {
    const recorder = await record(() => Math.random());
    expect(recorder.volatile()[0]?.where).toMatch(/recorder\.test\.ts:\d+:\d+$/);
  });

  test("each is listed once, also after a loop", async () => {
    const recorder = await record(() => {
      for (let i = 0; i < 20; i++) Math.random();
      Math.random();
    });
    expect(recorder.volatile().length).toBe(2);
  });

  test("a place that marks the result is found after very many calls that do not", async () => {
    fs.writeFileSync(
      at("loop.cjs"),
      `module.exports = () => {
        let last = 0;
        for (let i = 0; i < ${orHeavy("1e5", "1e6")}; i++) if (Date.now() - last > 100) { console.debug(i); last = Date.now(); }
        return { at: Date.now() };
      };`,
    );
    const loop = load(at("loop.cjs")) as () => unknown;
    const debug = console.debug;
    console.debug = () => undefined;
    const recorder = await record(loop);
    console.debug = debug;
    const places = recorder.volatile().map(({ where, marks }) => `${where.split("/").at(-1) ?? ""} ${marks}`);
    expect(places.filter((place) => place.endsWith("true"))).toEqual([expect.stringMatching(/^loop\.cjs:4:\d+ true$/)]);
    expect(places).toHaveLength(3);
  });
});
