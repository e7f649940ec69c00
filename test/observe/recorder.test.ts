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

  test("a place that marks the result is found after a million calls that do not", async () => {
    fs.writeFileSync(
      at("loop.cjs"),
      `module.exports = () => {
        let last = 0;
        for (let i = 0; i < 1e6; i++) if (Date.now() - last > 100) { console.debug(i); last = Date.now(); }
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
