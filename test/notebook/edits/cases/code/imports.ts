/** Edits of what a cell imports. */
import type { Edit } from "../../runner/edit";

export const imports: readonly Edit[] = [
  {
    id: "import-member",
    rows: ["D10"],
    kind: "another member of the same import",
    cells: { a: `import * as path from "path";\nconst a = stage("a", () => path.join("/x", "/y"));` },
    edit: { a: `import * as path from "path";\nconst a = stage("a", () => path.resolve("/x", "/y"));` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"/x/y"`, `"/y"`],
  },
  {
    id: "import-rewritten",
    rows: ["S7"],
    kind: "an import written in another way and in another cell",
    cells: {
      lib: `import * as fs from "fs";\nimport path2 from "path";`,
      a: `const a = stage("a", () => [fs.existsSync("/nowhere"), path2.basename("/a/b")]);`,
    },
    edit: {
      lib: `1;`,
      a: `import fs from "fs";\nimport { basename } from "path";\nconst a = stage("a", () => [fs.existsSync("/nowhere"), basename("/a/b")]);`,
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: [`[false,"b"]`, `[false,"b"]`],
  },
  {
    id: "import-alias",
    rows: ["S4"],
    kind: "another function imported under the same name",
    cells: { a: `import { dirname as part } from "path";\nconst a = stage("a", () => part("/a/b"));` },
    edit: { a: `import { basename as part } from "path";\nconst a = stage("a", () => part("/a/b"));` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"/a"`, `"b"`],
  },
  {
    id: "module-member",
    rows: ["S4"],
    kind: "another constant of a built-in module",
    cells: { a: `import * as os from "os";\nconst a = stage("a", () => os.constants.signals.SIGINT);` },
    edit: { a: `import * as os from "os";\nconst a = stage("a", () => os.constants.signals.SIGTERM);` },
    mustRun: ["a"],
    mustNotRun: [],
    value: ["2", "15"],
  },
  {
    id: "import-unused",
    rows: ["S7"],
    kind: "an import that nothing uses",
    cells: {
      a: `import * as path from "path";
const a = stage("a", () => path.extname("x.y1"));`,
    },
    edit: {
      a: `import * as os from "os";
import * as path from "path";
const a = stage("a", () => path.extname("x.y1"));`,
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: [`".y1"`, `".y1"`],
  },
  {
    id: "import-alias-renamed",
    rows: ["S7"],
    kind: "an import given another name, where it is called too",
    cells: {
      a: `import { basename as base1 } from "path";
const a = stage("a", () => base1("/x/y2"));`,
    },
    edit: {
      a: `import { basename as base2 } from "path";
const a = stage("a", () => base2("/x/y2"));`,
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: [`"y2"`, `"y2"`],
  },
  {
    id: "import-destructured",
    rows: ["S4"],
    kind: "another member taken from the same `require`",
    cells: {
      a: `const { dirname: part } = require("path");
const a = stage("a", () => part("/a3/b3"));`,
    },
    edit: {
      a: `const { basename: part } = require("path");
const a = stage("a", () => part("/a3/b3"));`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"/a3"`, `"b3"`],
  },
  {
    id: "import-dynamic",
    rows: ["S4"],
    kind: "another module of a literal `import()`",
    cells: { a: `const a = stage("a", async () => Object.keys(await import("path")).includes("basename") + ".");` },
    edit: { a: `const a = stage("a", async () => Object.keys(await import("os")).includes("basename") + ".");` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"true."`, `"false."`],
  },
  {
    id: "import-in-helper",
    rows: ["D10"],
    kind: "the import that a helper of an earlier cell uses",
    cells: {
      help: `import { posix } from "path";
const where = (p: string) => posix.sep + p;`,
      a: `const a = stage("a", () => where("x4"));`,
    },
    edit: {
      help: `import { win32 } from "path";
const where = (p: string) => win32.sep + p;`,
    },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"/x4"`, `"\\\\x4"`],
  },
];
