/** [V5] A wrapper cannot be told from the built-in by the code that uses it. */
import childProcess from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import fsPromises, { readFile as importedReadFile } from "node:fs/promises";
import os from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import util from "node:util";
import vm from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { installObservers, observing, ReadRecorder } from "../../kernel-lib/src/observe";

const facts = (fn: unknown): unknown => {
  const { name, length } = fn as { name: string; length: number };
  return { type: typeof fn, name, length, properties: Reflect.ownKeys(fn as object) };
};

const builtins: Record<string, () => unknown> = {
  "fs.readFileSync": () => fs.readFileSync,
  "fs.readFile": () => fs.readFile,
  "fs.promises.readFile": () => fs.promises.readFile,
  "fs.exists": () => Reflect.get(fs, "exists"),
  "fs.read": () => fs.read,
  "fs.realpath": () => fs.realpath,
  "fs.realpathSync.native": () => fs.realpathSync.native,
  "fs.statSync": () => fs.statSync,
  "child_process.exec": () => childProcess.exec,
  "child_process.spawn": () => childProcess.spawn,
  "crypto.randomBytes": () => crypto.randomBytes,
  "Math.random": () => Math.random,
  Date: () => Date,
  "Date.now": () => Date.now,
  "Date.parse": () => Date.parse,
  "Date.prototype.getHours": () => Date.prototype.getHours,
  "Date.prototype[Symbol.toPrimitive]": () => Date.prototype[Symbol.toPrimitive],
  "performance.now": () => performance.now,
  "process.hrtime": () => process.hrtime,
  "process.cwd": () => process.cwd,
  "process.memoryUsage": () => process.memoryUsage,
  "os.cpus": () => os.cpus,
  fetch: () => fetch,
  "Intl.NumberFormat": () => Intl.NumberFormat,
  "Intl.DateTimeFormat": () => Intl.DateTimeFormat,
  "String.prototype.localeCompare": () => String.prototype.localeCompare,
};

const before = Object.fromEntries(
  Object.entries(builtins).map(([name, get]) => [name, { fn: get(), facts: facts(get()) }]),
);
const OriginalDate = Date;
const originalEnv = process.env;
const descriptors = (object: object): unknown =>
  Object.entries(Object.getOwnPropertyDescriptors(object)).map(([name, { enumerable, configurable }]) => [
    name,
    enumerable,
    configurable,
  ]);
const shapes = [fs, fs.promises, Date, Date.prototype, Math, process, crypto, os].map(
  (object) => [object === Date ? undefined : object, descriptors(object)] as const,
);

const registered = new Map<object, object>();
installObservers({ registerBuiltin: (wrapper, original) => registered.set(wrapper, original) });

describe("[V5] functions", () => {
  test.each(Object.entries(builtins))("%s has the same name, length and properties", (name, get) => {
    expect(facts(get())).toEqual(before[name]?.facts);
  });

  test.each(Object.entries(builtins))("%s is registered as the built-in that it stands for", (name, get) => {
    expect(get()).not.toBe(before[name]?.fn);
    expect(registered.get(get() as object)).toBe(before[name]?.fn);
  });

  test("modules have the same properties, enumerable as before", () => {
    for (const [object, shape] of shapes) expect(descriptors(object ?? Date)).toEqual(shape);
  });

  test("fs/promises is fs.promises, and imports see the wrappers", () => {
    expect(fsPromises).toBe(fs.promises);
    expect(importedReadFile).toBe(fs.promises.readFile);
  });

  test("a second installation changes nothing", () => {
    const { readFileSync } = fs;
    const { now } = Date;
    installObservers();
    expect([fs.readFileSync === readFileSync, Date.now === now]).toEqual([true, true]);
  });

  test("util.promisify takes their own versions", async () => {
    expect(await util.promisify(Reflect.get(fs, "exists") as unknown as typeof fs.stat)(__filename)).toBe(true);
    expect(await util.promisify(childProcess.exec)("echo 1")).toEqual({ stdout: "1\n", stderr: "" });
    expect(await util.promisify(crypto.randomBytes)(3)).toHaveLength(3);
  });

  test("errors are those of Node, with the frame of the caller", () => {
    const failed = (): unknown => observing(new ReadRecorder(), () => fs.readFileSync("/nowhere/x"));
    expect(failed).toThrow(expect.objectContaining({ code: "ENOENT", syscall: "open", path: "/nowhere/x" }));
    expect(() => fs.readFileSync(undefined as never)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
    );
    expect(() => Date.prototype.getHours.call({} as never)).toThrow(TypeError);
    expect(() => new Intl.NumberFormat("not a locale")).toThrow(RangeError);
  });
});

describe("[V5] Date", () => {
  test("is one class: instances, prototypes, constructors", () => {
    const date = new Date(0);
    expect([date instanceof Date, date instanceof OriginalDate, date.constructor === Date]).toEqual([true, true, true]);
    expect(Object.getPrototypeOf(date)).toBe(Date.prototype);
    expect(new OriginalDate(0) instanceof Date).toBe(true);
    expect([util.types.isDate(date), Object.prototype.toString.call(date)]).toEqual([true, "[object Date]"]);
    expect(structuredClone(date)).toEqual(date);
    expect(structuredClone(date) instanceof Date).toBe(true);
  });

  test("takes all its arguments, and is callable", () => {
    expect(new Date(2024, 1, 3, 4, 5, 6, 7).getTime()).toBe(new OriginalDate(2024, 1, 3, 4, 5, 6, 7).getTime());
    expect(new Date("2024-01-01").getTime()).toBe(Date.UTC(2024, 0, 1));
    expect(new Date(new Date(5)).getTime()).toBe(5);
    expect(new Date(undefined as never).getTime()).toBeNaN();
    expect(typeof (Date as unknown as () => unknown)()).toBe("string");
  });

  test("can be extended", () => {
    class Day extends Date {
      override getDate(): number {
        return super.getDate() + 100;
      }
    }
    const day = new Day(2024, 0, 5);
    expect([day instanceof Day, day instanceof Date, day.getDate(), day.constructor === Day]).toEqual([
      true,
      true,
      105,
      true,
    ]);
  });

  test("works in other contexts, and with fake timers", () => {
    expect(vm.runInNewContext("date.getTime()", { date: new Date(7) })).toBe(7);
    vi.useFakeTimers({ now: 1234 });
    expect([Date.now(), new Date().getTime()]).toEqual([1234, 1234]);
    vi.useRealTimers();
    expect(Date.now()).toBeGreaterThan(1e12);
  });
});

describe("[V5] objects", () => {
  test("process.env behaves like the environment", () => {
    expect(process.env).not.toBe(originalEnv);
    process.env.WRAPPED = 5 as never;
    expect([process.env.WRAPPED, originalEnv.WRAPPED, "WRAPPED" in process.env]).toEqual(["5", "5", true]);
    expect(Object.keys(process.env)).toEqual(Object.keys(originalEnv));
    expect({ ...process.env }).toEqual({ ...originalEnv });
    delete process.env.WRAPPED;
    expect([process.env.WRAPPED, Object.hasOwn(process.env, "WRAPPED")]).toEqual([undefined, false]);
    expect(childProcess.execSync("echo $PASSED", { env: { ...process.env, PASSED: "1" } }).toString()).toBe("1\n");
  });

  test("stats print, copy and compare as before", () => {
    const plain = fs.statSync(__filename);
    const stats = observing(new ReadRecorder(), () => fs.statSync(__filename));
    expect(stats).toBeInstanceOf(fs.Stats);
    expect(Object.keys(stats)).toEqual(Object.keys(plain));
    expect(Object.assign({}, stats)).toEqual(Object.assign({}, plain));
    expect(util.inspect(stats)).toBe(util.inspect(plain));
    expect(JSON.stringify(stats)).toBe(JSON.stringify(plain));
    expect(structuredClone(stats)).toEqual(structuredClone(plain));
    expect(stats.isFile()).toBe(true);
  });

  test("callbacks keep their order and context", async () => {
    const log: string[] = [];
    await observing(new ReadRecorder(), async () => {
      const read = new Promise<void>((done) =>
        fs.readFile(__filename, (error, data) => {
          log.push(`read ${error === null} ${data.length > 0}`);
          done();
        }),
      );
      log.push("called");
      await read;
      await new Promise<void>((done) => fs.realpath(__filename, () => done()));
      await nextTurn();
    });
    expect(log).toEqual(["called", "read true true"]);
  });

  test("properties of process can be replaced, as tests do", () => {
    const property = Object.getOwnPropertyDescriptor(process, "platform") as PropertyDescriptor;
    Object.defineProperty(process, "platform", { value: "win32", configurable: true });
    expect(process.platform).toBe("win32");
    Object.defineProperty(process, "platform", property);
    expect(process.platform).toBe(os.platform());
    const { argv } = process;
    process.argv = ["a"];
    expect(process.argv).toEqual(["a"]);
    process.argv = argv;
  });
});
