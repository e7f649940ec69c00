/** The page of the figures beside other tools, and the program that measures them. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { measureGroup, type Group } from "../../.dev/bench-peers/measure.mjs";
import { createPage, formatJson, jsonFile, median, pageFile, type Measurement } from "../../.dev/bench-peers/page.mjs";
import { groups } from "../../.dev/bench-peers/rows/groups.mjs";

const committed = JSON.parse(readFileSync(jsonFile, "utf8")) as Measurement;

describe("the page", () => {
  test("[repo] it is what the committed figures give", async () => {
    expect(readFileSync(pageFile, "utf8")).toBe(await createPage(committed));
    expect(readFileSync(jsonFile, "utf8")).toBe(await formatJson(committed));
  });

  test("[repo] its figures are those of all rows and contenders that are measured", () => {
    const namesIn = (rows: readonly { id: string; names: readonly string[] }[]) =>
      rows.map(({ id, names }) => `${id}: ${names.join(", ")}`);
    const defined = groups.flatMap(({ rows }) => rows.map(({ id, entries }) => ({ id, names: entries.map(({ name }) => name) }))); // prettier-ignore
    const shown = committed.groups.flatMap(({ rows }) => rows.map(({ id, results }) => ({ id, names: results.map(({ name }) => name) }))); // prettier-ignore
    expect(namesIn(shown)).toEqual(namesIn(defined));
  });

  test("[repo] a ratio above 1 says that Stagebook is faster, for times and for rates", async () => {
    const results = [
      { name: "Stagebook", does: "it", values: [9, 10, 11] },
      { name: "a peer", does: "it", values: [20, 1, 40] },
      { name: "a broken peer", does: "it", failed: "no | reason" },
    ];
    const page = await createPage({
      ...committed,
      groups: (["ms", "/s"] as const).map((unit) => ({ id: unit, title: unit, work: "", rows: [{ id: unit, title: "", unit, results }] })), // prettier-ignore
    });
    const cells = page
      .split("\n")
      .filter((line) => /^\| (a peer|a broken peer|Stagebook) /.test(line))
      .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
    expect(cells.map(([, name, ratio, figure]) => [name, ratio, figure])).toEqual([
      ["Stagebook", "1", "10 [9–11]"],
      ["a peer", "2", "20 [1–40]"],
      ["a broken peer", "", "failed: no \\| reason"],
      ["Stagebook", "1", "10 [9–11]"],
      ["a peer", "0.5", "20 [1–40]"],
      ["a broken peer", "", "failed: no \\| reason"],
    ]);
  });

  test("[repo] the median of an even number of figures lies between the two in the middle", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });
});

describe("the measurement", () => {
  const node = (code: string) => ({ command: [process.execPath, "-e", code] });
  const entry = (name: string) => ({ name, program: name, figure: "took", does: "" });

  test("[repo] a process that fails, hangs or reports nothing is listed with its reason, and the others go on", async () => {
    const programs = {
      good: node(`console.log("noise"); console.log(JSON.stringify({ took: 1.23456 }))`),
      failing: node(`throw new Error("no such device")`),
      hanging: node(`require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" })`), // prettier-ignore
      silent: node(""),
    };
    const group: Group = {
      id: "test",
      title: "",
      work: "",
      limitMs: 5_000,
      programs,
      rows: [{ id: "test", title: "", unit: "ms", entries: Object.keys(programs).map(entry) }],
    };
    const { rows } = await measureGroup(group, 2);
    expect(rows[0]?.results).toEqual([
      { name: "good", does: "", values: [1.235, 1.235] },
      { name: "failing", does: "", failed: "Error: no such device" },
      { name: "hanging", does: "", failed: "not finished after 5 s" },
      { name: "silent", does: "", failed: "it reported no took" },
    ]);
  });

  test("[repo] the processes of a group take turns, and one that asks for it starts in an empty folder", async () => {
    const count = `const fs = require("node:fs"); const file = process.argv[1] + "/count"; fs.appendFileSync(file, "x"); console.log(JSON.stringify({ took: fs.statSync(file).size }))`; // prettier-ignore
    const programs = { first: { ...node(count), folder: "shared" }, second: { ...node(count), folder: "shared" }, fresh: { ...node(count), isFresh: true } }; // prettier-ignore
    const rows = [{ id: "turns", title: "", unit: "ms" as const, entries: Object.keys(programs).map(entry) }];
    const measured = await measureGroup({ id: "turns", title: "", work: "", programs, rows }, 3);
    expect(measured.rows[0]?.results.map((result) => "values" in result && result.values)).toEqual([
      [1, 3, 5],
      [2, 4, 6],
      [1, 1, 1],
    ]);
  });
});
