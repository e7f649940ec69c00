/** A failure holds while everything that it may depend on is the same: also what no key counts. */
import { resource, type StageOptions } from "stagebook";
import { describe, expect, test } from "vitest";
import { createScript } from "../script";

describe("[U2] a failed stage is stale again once something that its key does not count has changed", () => {
  const failing = (): number => {
    throw new Error("no");
  };
  const slow = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return 1;
  };
  const codec = (encode: (value: number) => Uint8Array): StageOptions["codec"] => ({
    name: "own",
    encode,
    decode: (bytes) => bytes[0],
  });
  const refusing = codec(() => failing() as never);
  const writing = codec((value) => Uint8Array.of(value));
  const hidden = new (class {
    #x = 1;
    get(): number {
      return this.#x;
    }
  })();
  test.each<[string, () => unknown, StageOptions, StageOptions, string]>([
    ["its time limit", slow, { timeoutMs: 10 }, { timeoutMs: 60_000 }, "option timeoutMs"],
    ["how it validates", () => 5, { validate: (v) => v < 3 }, { validate: (v) => v < 9 }, "option validate"],
    ["what it does with an invalid value", () => 5, { validate: (v) => v < 3 }, { validate: (v) => v < 3, whenInvalid: "warn" }, "option whenInvalid"], // prettier-ignore
    ["where it runs", () => hidden.get(), { worker: true }, {}, "option worker"],
    ["how its value is stored", () => 1, { codec: refusing }, { codec: writing }, "option codec"],
    ["its retries", failing, {}, { retries: 1 }, "option retries"],
  ])("%s", async (_what, fn, before, after, named) => {
    const { p } = createScript();
    await expect(p.stage("s", fn, before)()).rejects.toThrow();
    const again = p.stage("s", fn, { ...before });
    expect(await again.status()).toBe("failed");
    const changed = p.stage("s", fn, after);
    const { status, reasons } = await changed.explain();
    expect([status, reasons]).toEqual(["stale", [expect.stringContaining(`${named} has changed since it failed: `)]]);
  });

  test("how a resource is opened, and what that reads", async () => {
    const { p } = createScript();
    let isUp = false;
    const open = (): { ask(): number } => {
      if (!isUp) throw new Error("no connection");
      return { ask: () => 1 };
    };
    const define = () => p.stage("s", { db: resource("db", open) }, ({ db }) => db.ask());
    await expect(define()()).rejects.toThrow("no connection");
    expect(await define().status()).toBe("failed");
    isUp = true;
    expect((await define().explain()).reasons).toEqual(["resource db has changed since it failed: no connection"]);
    expect(await define()()).toBe(1);
  });

  test("a parameter that is not tracked", async () => {
    const { p } = createScript();
    const u = p.param("u", 1, { tracked: false });
    const s = p.stage("s", { u }, ({ u }) => (u === 1 ? failing() : u));
    await expect(s()).rejects.toThrow();
    expect(await s.status()).toBe("failed");
    u.set(2);
    expect(await s.explain()).toMatchObject({
      status: "stale",
      reasons: ["parameter u has changed since it failed: no"],
    });
    u.set(1);
    expect(await s.status()).toBe("failed");
  });

  test("and one whose result is too old has failed as well when it could not be recomputed", async () => {
    const clock = { ms: 1e12 };
    const { p } = createScript({ now: () => clock.ms });
    const net = { isUp: true };
    const s = p.stage("s", { net: resource("net", () => net) }, ({ net }) => (net.isUp ? 1 : failing()), {
      maxAge: "1 h",
    });
    await s();
    clock.ms += 2 * 3_600_000;
    net.isUp = false;
    await expect(s()).rejects.toThrow();
    expect(await s.explain()).toMatchObject({ status: "failed", reasons: ["last run failed: no"] });
    net.isUp = true;
    expect(await s.status()).toBe("stale");
    expect(await s()).toBe(1);
    expect(await s.status()).toBe("fresh");
  });

  test("and not for what cannot matter: its description, its cell, what it logs", async () => {
    const { p } = createScript();
    await expect(p.stage("s", failing)()).rejects.toThrow();
    expect(await p.stage("s", failing, { description: "new", maxAge: "1 h", volatile: "accept" }).status()).toBe(
      "failed",
    );
  });
});
