/** Whatever a stage's function throws is what is shown: in the error of the caller, in the view, in what is printed, also from a thread. */
/* eslint-disable @typescript-eslint/only-throw-error -- any value can be thrown: that is what is tested */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createPipeline, StagebookError } from "stagebook";
import { messageOf, type View } from "stagebook/protocol";

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const refusing = (target: object): object => {
  const refuse = (): never => {
    throw new Error("refused");
  };
  return new Proxy(target, { get: refuse, getPrototypeOf: refuse, ownKeys: refuse, has: refuse, getOwnPropertyDescriptor: refuse }); // prettier-ignore
};
const cyclic = (): object => {
  const it: { name: string; self?: object } = { name: "loop" };
  it.self = it;
  return it;
};
const selfCaused = (): Error => {
  const error = new Error("mine");
  error.cause = error;
  return error;
};
class Odd extends Error {
  override get message(): string {
    throw new Error("no message for you");
  }
}

/** What is thrown, and what each text about it must contain. */
const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["a text", () => "just text", /just text/],
  ["an empty text", () => "", /threw ""/],
  ["undefined", () => undefined, /threw undefined/],
  ["null", () => null, /threw null/],
  ["a number", () => 42, /threw 42/],
  ["false", () => false, /threw false/],
  ["a bigint", () => 5n, /threw 5n/],
  ["a symbol", () => Symbol("stop"), /threw Symbol\(stop\)/],
  ["a function", () => function stop() { return 1; }, /threw function stop/], // prettier-ignore
  ["an object with code and message", () => ({ code: "E_AUTH", message: "no access" }), /code: "E_AUTH", message: "no access"/], // prettier-ignore
  ["an object with a bigint", () => ({ at: 5n, list: [1, 2n] }), /at: 5n, list: \[1, 2n\]/],
  ["an object without prototype", () => Object.assign(Object.create(null) as object, { reason: "quota" }), /reason: "quota"/], // prettier-ignore
  ["an object that holds itself", cyclic, /name: "loop", self: …/],
  ["an object with a getter that throws", () => ({ get bad() { throw new Error("inner"); }, good: 1 }), /bad: \[getter\], good: 1/], // prettier-ignore
  ["an instance of a class", () => new (class Refusal { why = "closed"; })(), /Refusal \{ why: "closed" \}/], // prettier-ignore
  ["a revoked proxy", revoked, /threw an object that cannot be read/],
  ["a proxy that refuses everything", () => refusing({}), /threw an object that cannot be read/],
  ["a proxy of an error", () => new Proxy(new Error("behind a proxy"), {}), /behind a proxy/],
  ["a proxy of an error that refuses everything", () => refusing(new Error("x")), /threw an object that cannot be read/], // prettier-ignore
  ["a frozen error", () => Object.freeze(new Error("frozen")), /frozen/],
  ["an error with an empty message and a code", () => Object.assign(new Error(""), { code: "ECONNREFUSED" }), /Error \(ECONNREFUSED\)/], // prettier-ignore
  ["an error with an empty message and a cause", () => new Error("", { cause: new Error("the disk is full") }), /Error: the disk is full/], // prettier-ignore
  ["an error whose stack is a number", () => Object.assign(new Error("the message"), { stack: 5 }), /the message/],
  ["an error whose stack is undefined", () => Object.assign(new Error("the message"), { stack: undefined }), /the message/], // prettier-ignore
  ["an error whose stack throws", () => Object.defineProperty(new Error("the message"), "stack", { get() { throw new Error("inner"); } }), /the message/], // prettier-ignore
  ["an error whose message is an object", () => Object.assign(new Error("x"), { message: { at: 3 } }), /\{ at: 3 \}/],
  ["an error whose message throws", () => new Odd(), /Error/],
  ["an error whose message was changed", () => { const error = new Error("before"); void error.stack; error.message = "after"; return error; }, /after/], // prettier-ignore
  ["an error that is its own cause", selfCaused, /mine/],
  ["an aggregate", () => new AggregateError([new Error("first"), { code: 2 }], "all failed"), /all failed; first; threw \{ code: 2 \}/], // prettier-ignore
  ["an aggregate without a message", () => Object.assign(new AggregateError([new Error("first"), new Error("second")]), { code: "ECONNREFUSED" }), /AggregateError \(ECONNREFUSED\): first; second/], // prettier-ignore
];

describe("[R9] what a stage's function throws is what is shown", () => {
  test.each(cases)("%s", async (_what, make, expected) => {
    const p = createPipeline({ store: "none" });
    const odd = p.stage("odd", (): number => {
      throw make();
    });
    const error = await odd().then(
      () => "no error",
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StagebookError);
    expect(error).toMatchObject({ code: "stage-failed", stage: "odd" });
    expect((error as Error).message).toMatch(expected);
    expect(inspect(error)).toMatch(expected);
    const view = (p.toJSON() as View).stages.odd;
    expect(view).toMatchObject({ status: "failed" });
    expect(view?.error?.message).toMatch(expected);
    expect(JSON.stringify(p.toJSON())).toBeTypeOf("string");
  });

  test.each(cases)(
    "%s, after an await and with a retry",
    async (_what, make, expected) => {
      const p = createPipeline({ store: "none" });
      const items = p.stage(
        "items",
        async function* () {
          yield 1;
          await Promise.resolve();
          throw make();
        },
        { retries: 1 },
      );
      const reader = p.stage("reader", { items }, async ({ items }) => {
        let sum = 0;
        for await (const item of items) sum += item;
        return sum;
      });
      await expect(reader()).rejects.toMatchObject({ code: "stage-failed", message: expect.stringMatching(expected) as string }); // prettier-ignore
      expect((p.toJSON() as View).stages.items).toMatchObject({ status: "failed" });
    },
    15_000,
  );
});

test("[R9] the printed error and the view name every cause and part, each once, without frames of Stagebook", async () => {
  const p = createPipeline({ store: "none" });
  const inner = Object.freeze(new TypeError("the innermost"));
  const many = p.stage("many", (): number => {
    const parts = new AggregateError([new RangeError("part one"), inner], "two parts", { cause: inner });
    throw new Error("outer", { cause: parts });
  });
  const error: unknown = await many().catch((thrown: unknown) => thrown);
  for (const text of [inspect(error), (p.toJSON() as View).stages.many?.error?.stack ?? ""]) {
    for (const part of ["outer", "two parts", "RangeError: part one", "TypeError: the innermost"]) expect(text).toContain(part); // prettier-ignore
    expect(text.match(/caused by/g)).toHaveLength(2);
    expect(text).not.toMatch(/kernel-lib\/src|node:internal/);
  }
});

test("[Y3] a worker thread reports what was thrown as the kernel would", async () => {
  const p = createPipeline({ store: "none" });
  const from = async (name: string, fn: () => unknown): Promise<string> =>
    messageOf(
      (
        (await p
          .stage(name, fn, { worker: true })()
          .catch((thrown: unknown) => thrown)) as Error
      ).cause,
    );
  expect(await from("a", () => { throw 5n; })).toBe("threw 5n"); // prettier-ignore
  expect(await from("b", () => { throw { code: "E", message: "no" }; })).toBe('threw { code: "E", message: "no" }'); // prettier-ignore
  expect(await from("c", () => { throw Object.assign(new Error("kept"), { stack: 5 }); })).toBe("kept"); // prettier-ignore
  expect(await from("d", () => { throw new AggregateError([new Error("first")], "all"); })).toBe("all; first"); // prettier-ignore
  expect(await from("e", () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy; })).toContain("cannot be read"); // prettier-ignore
  expect(await from("f", () => { throw () => 1; })).toContain("function"); // prettier-ignore
});
