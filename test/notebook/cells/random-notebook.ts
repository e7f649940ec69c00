/** Random notebooks whose cells assign, share and change values in place, run stages, read files and fail; and random edits of them. */

export type Random = () => number;

/** One cell: its kind and names stay, its numbers change when it is edited. */
interface CellPlan {
  readonly id: string;
  readonly write: (random: Random) => string;
}

export interface RandomNotebook {
  /** Sources by id, in document order. */
  readonly cells: ReadonlyMap<string, string>;
  /** The source of a cell with other numbers. */
  edit(id: string, random: Random): string;
}

const below = (random: Random, count: number): number => Math.floor(random() * count);
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)] as T;
const digits = (random: Random): string =>
  Array.from({ length: 1 + below(random, 3) }, () => below(random, 10)).join(", ");

/** A notebook of `count` cells, besides one that defines the parameter `p`. Files `f0.txt` and `f1.txt` exist. */
export function createRandomNotebook(random: Random, count: number): RandomNotebook {
  const lists: string[] = [];
  const numbers: string[] = [];
  const holders: string[] = [];
  const helpers: string[] = [];
  const stages: string[] = [];
  const cells = new Map<string, CellPlan>();
  const add = (id: string, write: CellPlan["write"]): void => void cells.set(id, { id, write });
  add("p", () => `const p = param("p", 1, { min: 0, max: 9 });`);
  const kinds = [
    (at: number): void => {
      lists.push(`v${at}`);
      add(`list${at}`, (random) => `let v${at} = [${digits(random)}];`);
    },
    (at: number): void => {
      numbers.push(`n${at}`);
      add(`number${at}`, (random) => `let n${at} = ${below(random, 10)};`);
    },
    (at: number): void => {
      if (lists.length === 0) return;
      const list = pick(random, lists);
      holders.push(`a${at}`);
      add(`alias${at}`, (random) => `const a${at} = { inner: ${list}, own: ${below(random, 10)} };`);
    },
    (at: number): void => {
      if (lists.length === 0) return;
      const list = pick(random, lists);
      lists.push(`d${at}`);
      add(`derived${at}`, (random) => `const d${at} = ${list}.map((x) => x + ${below(random, 10)});`);
    },
    (at: number): void => {
      if (lists.length === 0) return;
      const list = pick(random, lists);
      helpers.push(`h${at}`);
      add(
        `helper${at}`,
        (random) => `function h${at}() { ${list}.push(${below(random, 10)}); return ${list}.length; }`,
      );
    },
    (at: number): void => {
      if (lists.length === 0) return;
      const list = pick(random, lists);
      const how = pick(random, ["push", "sort", "first", "pop"]);
      add(`change${at}`, (random) => {
        const by = below(random, 10);
        return {
          push: `${list}.push(${by});`,
          sort: `${list}.sort();`,
          first: `${list}[0] += ${by};`,
          pop: `${list}.pop();`,
        }[how] as string;
      });
    },
    (at: number): void => {
      if (holders.length === 0) return;
      const holder = pick(random, holders);
      add(`through${at}`, (random) => `${holder}.inner.push(${below(random, 10)}); console.log(${holder}.own);`);
    },
    (at: number): void => {
      if (numbers.length === 0) return;
      const number = pick(random, numbers);
      add(`count${at}`, (random) =>
        pick(random, [`${number} += ${below(random, 10)};`, `if (p.value > 4) ${number} = 0;`]),
      );
    },
    (at: number): void => {
      if (helpers.length === 0) return;
      const helper = pick(random, helpers);
      add(`call${at}`, (random) => `console.log(${helper}(), ${below(random, 10)});`);
    },
    (at: number): void => {
      const shown = [
        ...lists.map((list) => `${list}.join()`),
        ...numbers,
        ...holders.map((holder) => `JSON.stringify(${holder})`),
      ];
      if (shown.length === 0) return;
      const what = pick(random, shown);
      add(`read${at}`, (random) => `console.log(${what}, ${below(random, 10)});`);
    },
    (at: number): void => {
      const what = pick(random, [...lists.map((list) => `${list}.length`), ...numbers, "0"]);
      const limit = below(random, 12);
      stages.push(`s${at}`);
      add(
        `stage${at}`,
        (random) =>
          `const s${at} = stage("s${at}", { p }, ({ p }) => { if (p > ${limit}) throw new Error("over"); return ${what} + p * ${below(random, 10)}; }); console.log(await s${at}());`,
      );
    },
    (at: number): void => {
      if (stages.length === 0) return;
      const stage = pick(random, stages);
      stages.push(`t${at}`);
      add(
        `downstream${at}`,
        (random) =>
          `const t${at} = stage("t${at}", { x: ${stage} }, ({ x }) => x + ${below(random, 10)}); console.log(await t${at}());`,
      );
    },
    (at: number): void => {
      const limit = below(random, 12);
      numbers.push(`w${at}`);
      add(
        `risky${at}`,
        (random) => `if (p.value > ${limit}) throw new Error("over"); let w${at} = p.value + ${below(random, 10)};`,
      );
    },
    (at: number): void => {
      const file = `f${below(random, 2)}.txt`;
      const body = pick(random, [
        `{ f: file("${file}") }, ({ f }) => f.text()`,
        `() => fs.readFileSync("${file}", "utf8")`,
      ]);
      add(`file${at}`, () => `const f${at} = stage("f${at}", ${body}); console.log(await f${at}());`);
    },
    (at: number): void => add(`param${at}`, (random) => pick(random, [`console.log("p is", p.value);`, `p;`])),
  ];
  for (let at = 0; cells.size <= count; at++) pick(random, kinds)(at);
  const write = (id: string, random: Random): string => (cells.get(id) as CellPlan).write(random);
  return { cells: new Map([...cells.keys()].map((id) => [id, write(id, random)])), edit: write };
}
