/** Which notebook a file is: renames, moves, copies, checkouts, and new files with old names. */
import { copyFileSync, cpSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { existing } from "../../../kernel-lib/src/async/maybe-promise";
import { createNotebookFiles, idOf, open, recordsIn, type NotebookFiles } from "./files";

let files: NotebookFiles;
beforeEach(() => (files = createNotebookFiles()));
afterEach(() => files.remove());

const records = () => recordsIn(files.path("store"));
/** The id that a kernel of this file claims. */
const claim = (name: string) => existing(open(files.path(name), records(), files.folder).claim());
/** The id that a reader finds. */
const find = (name: string) => existing(open(files.path(name), records(), files.folder).find());

describe("[N1] notebooks of one name", () => {
  test("[N1] in two folders with one store are two notebooks, each time they are opened", () => {
    files.notebook("a/nb.ipynb", "a1", "a2");
    files.notebook("b/nb.ipynb", "b1", "b2");
    expect([claim("a/nb.ipynb"), claim("b/nb.ipynb")]).toEqual(["nb.ipynb", "nb.ipynb-2"]);
    expect([claim("b/nb.ipynb"), claim("a/nb.ipynb")]).toEqual(["nb.ipynb-2", "nb.ipynb"]);
  });

  test("[N1] also when one is a copy of the other", () => {
    files.notebook("a/nb.ipynb", "a1", "a2");
    claim("a/nb.ipynb");
    mkdirSync(files.path("b"));
    copyFileSync(files.path("a/nb.ipynb"), files.path("b/nb.ipynb"));
    expect([claim("b/nb.ipynb"), claim("a/nb.ipynb")]).toEqual(["nb.ipynb-2", "nb.ipynb"]);
  });

  test("[N1] reading finds nothing of a notebook that has stored nothing", () => {
    files.notebook("a/nb.ipynb", "a1");
    files.notebook("b/nb.ipynb", "b1");
    claim("a/nb.ipynb");
    expect(find("b/nb.ipynb")).toBeUndefined();
  });

  test("[N1] two processes that claim one name at the same moment get two ids", () => {
    files.notebook("a/nb.ipynb", "a1");
    files.notebook("b/nb.ipynb", "b1");
    const others = records();
    const before = others.notebooks();
    // The second process has listed the records before the first one added its own.
    const late = { notebooks: () => (late.calls++ === 0 ? before : others.notebooks()), calls: 0, addNotebook: others.addNotebook.bind(others), updateNotebook: others.updateNotebook.bind(others) }; // prettier-ignore
    expect(claim("a/nb.ipynb")).toBe("nb.ipynb");
    expect(open(files.path("b/nb.ipynb"), late, files.folder).claim()).toBe("nb.ipynb-2");
    const again = { ...late, calls: 0, notebooks: () => (again.calls++ === 0 ? [] : others.notebooks()) };
    expect(open(files.path("a/nb.ipynb"), again, files.folder).claim()).toBe("nb.ipynb");
  });

  test("[N1] a new file that takes the name of a deleted one is another notebook", () => {
    files.notebook("nb.ipynb", "a1", "a2");
    claim("nb.ipynb");
    rmSync(files.path("nb.ipynb"));
    files.notebook("nb.ipynb", "b1", "b2");
    expect(find("nb.ipynb")).toBeUndefined();
    expect(claim("nb.ipynb")).toBe("nb.ipynb-2");
    expect(claim("nb.ipynb")).toBe("nb.ipynb-2");
  });

  test("[N1] the same with hand-written ids: then the sources tell them apart", () => {
    const cells = (...sources: string[]) => sources.map((source, at) => ({ id: `c${at + 1}`, source }));
    files.cells("nb.ipynb", cells(`import "x"`, "const a = 1", "a + 1"));
    claim("nb.ipynb");
    rmSync(files.path("nb.ipynb"));
    files.cells("nb.ipynb", cells(`import "x"`, "const b = 7", "b * 2"));
    expect(claim("nb.ipynb")).toBe("nb.ipynb-2");
  });

  test("[N1] an empty notebook that takes an old name is another notebook", () => {
    files.notebook("Untitled.ipynb", "a1", "a2");
    claim("Untitled.ipynb");
    rmSync(files.path("Untitled.ipynb"));
    files.cells("Untitled.ipynb", []);
    expect(claim("Untitled.ipynb")).toBe("Untitled.ipynb-2");
  });
});

describe("[N2] renames and moves", () => {
  const rename = (from: string, to: string): void => {
    mkdirSync(join(files.path(to), ".."), { recursive: true });
    renameSync(files.path(from), files.path(to));
  };

  test.each(["other.ipynb", "deep/er/nb.ipynb", "../nb-moved-out.ipynb"])("[N2] nb.ipynb → %s", (to) => {
    files.notebook("nb.ipynb", "a1", "a2");
    claim("nb.ipynb");
    rename("nb.ipynb", to);
    expect(find(to)).toBe("nb.ipynb");
    expect(claim(to)).toBe("nb.ipynb");
    rename(to, "back.ipynb");
    expect(claim("back.ipynb")).toBe("nb.ipynb");
  });

  test("[N2] the new owner of the old name and the renamed notebook, in either order", () => {
    files.notebook("nb.ipynb", "a1", "a2");
    claim("nb.ipynb");
    rename("nb.ipynb", "other.ipynb");
    files.notebook("nb.ipynb", "b1", "b2");
    expect([claim("nb.ipynb"), claim("other.ipynb")]).toEqual(["nb.ipynb-2", "nb.ipynb"]);
    expect([claim("other.ipynb"), claim("nb.ipynb")]).toEqual(["nb.ipynb", "nb.ipynb-2"]);
  });

  test("[N2] a rename and edits before the next start", () => {
    files.notebook("nb.ipynb", "a1", "a2", "a3", "a4");
    claim("nb.ipynb");
    rm("nb.ipynb");
    files.notebook("other.ipynb", "a1", "a2", "n1", "n2", "n3", "n4");
    expect(claim("other.ipynb")).toBe("nb.ipynb");
  });

  test("[N2] a move to another disk: another inode, the same cells", () => {
    files.notebook("nb.ipynb", "a1", "a2");
    claim("nb.ipynb");
    copyFileSync(files.path("nb.ipynb"), files.path("copied.ipynb"));
    rm("nb.ipynb");
    expect(claim("copied.ipynb")).toBe("nb.ipynb");
  });

  test("[N2] two notebooks swap their names", () => {
    files.notebook("a.ipynb", "a1", "a2");
    files.notebook("b.ipynb", "b1", "b2");
    claim("a.ipynb");
    claim("b.ipynb");
    rename("a.ipynb", "x.ipynb");
    rename("b.ipynb", "a.ipynb");
    rename("x.ipynb", "b.ipynb");
    expect([claim("a.ipynb"), claim("b.ipynb")]).toEqual(["b.ipynb", "a.ipynb"]);
  });

  test("[N2] a folder with its store is moved, or copied", () => {
    files.notebook("p/nb.ipynb", "a1");
    const inside = (folder: string) => existing(open(files.path(`${folder}/nb.ipynb`), recordsIn(files.path(`${folder}/.stagebook`)), files.path(folder)).claim()); // prettier-ignore
    inside("p");
    cpSync(files.path("p"), files.path("q"), { recursive: true });
    rename("p", "r");
    expect([inside("q"), inside("r")]).toEqual(["nb.ipynb", "nb.ipynb"]);
  });

  test("[N2] a running kernel learns the new path: the record follows at once", () => {
    files.notebook("nb.ipynb", "a1");
    const kernel = open(files.path("nb.ipynb"), records(), files.folder);
    existing(kernel.claim());
    rename("nb.ipynb", "other.ipynb");
    expect(kernel.follow(files.path("other.ipynb"))).toBe(true);
    expect(kernel.claim()).toBe("nb.ipynb");
    expect(records().notebooks()).toMatchObject([{ id: "nb.ipynb", places: [{ path: "other.ipynb" }] }]);
  });

  test("[N2] symbolic and hard links to a notebook are that notebook", () => {
    files.notebook("nb.ipynb", "a1");
    claim("nb.ipynb");
    symlinkSync(files.path("nb.ipynb"), files.path("soft.ipynb"));
    linkSync(files.path("nb.ipynb"), files.path("hard.ipynb"));
    expect([claim("soft.ipynb"), claim("hard.ipynb")]).toEqual(["nb.ipynb", "nb.ipynb"]);
  });

  const rm = (name: string): void => rmSync(files.path(name));
});

describe("[N2] the same path", () => {
  test("[N2] a checkout replaces the file and some cells: the same notebook", () => {
    files.notebook("nb.ipynb", "a1", "a2", "a3");
    claim("nb.ipynb");
    rmSync(files.path("nb.ipynb"));
    files.notebook("nb.ipynb", "a1", "n2", "n3", "n4");
    expect(claim("nb.ipynb")).toBe("nb.ipynb");
  });

  test("[N2] a program rewrites the file in place with new ids: the same notebook", () => {
    files.notebook("nb.ipynb", "a1", "a2");
    claim("nb.ipynb");
    files.notebook("nb.ipynb", "b1", "b2");
    expect(claim("nb.ipynb")).toBe("nb.ipynb");
  });

  test("[N2] without ids of cells the sources have to suffice", () => {
    const cells = (...sources: string[]) => sources.map((source) => ({ source }));
    files.cells("nb.ipynb", cells("1", "2", "3"));
    claim("nb.ipynb");
    rmSync(files.path("nb.ipynb"));
    files.cells("nb.ipynb", cells("1", "2", "4"));
    expect(claim("nb.ipynb")).toBe("nb.ipynb");
    rmSync(files.path("nb.ipynb"));
    files.cells("moved.ipynb", cells("1", "2", "4", "5"));
    expect(claim("moved.ipynb")).toBe("nb.ipynb");
  });

  test("[N2] a file that this machine does not have is known by its path", () => {
    expect([claim("remote/nb.ipynb"), claim("other/nb.ipynb"), claim("remote/nb.ipynb")]).toEqual([
      "nb.ipynb",
      "nb.ipynb-2",
      "nb.ipynb",
    ]);
  });
});

describe("[N1] copies", () => {
  test("[N1] a copy has nothing of the original, and neither has a copy of the copy, while the originals exist", () => {
    files.notebook("nb.ipynb", "a1", "a2");
    claim("nb.ipynb");
    copyFileSync(files.path("nb.ipynb"), files.path("nb-Copy1.ipynb"));
    expect(find("nb-Copy1.ipynb")).not.toBe("nb.ipynb");
    expect(claim("nb-Copy1.ipynb")).toBe("nb-Copy1.ipynb");
    copyFileSync(files.path("nb-Copy1.ipynb"), files.path("nb-Copy2.ipynb"));
    expect(claim("nb-Copy2.ipynb")).toBe("nb-Copy2.ipynb");
    rmSync(files.path("nb.ipynb"));
    expect([claim("nb-Copy1.ipynb"), claim("nb-Copy2.ipynb")]).toEqual(["nb-Copy1.ipynb", "nb-Copy2.ipynb"]);
  });

  test.each(["b/copy.ipynb", "c/nb.ipynb", "old.ipynb"])(
    "[N1] a copy of a copy whose first original is gone has nothing of that one: %s",
    (to) => {
      files.notebook("old.ipynb", "a1", "a2", "a3");
      claim("old.ipynb");
      mkdirSync(files.path("b"));
      mkdirSync(files.path("c"));
      copyFileSync(files.path("old.ipynb"), files.path("b/nb.ipynb"));
      expect(claim("b/nb.ipynb")).toBe("nb.ipynb");
      rmSync(files.path("old.ipynb"));
      copyFileSync(files.path("b/nb.ipynb"), files.path(to));
      // At its old path it is the notebook that was there: a checkout brings it back.
      expect(claim(to) === "old.ipynb").toBe(to === "old.ipynb");
      expect(claim("b/nb.ipynb")).toBe("nb.ipynb");
    },
  );

  test("[N2] a notebook of which a copy with other cells exists is still found after a move to another disk", () => {
    files.notebook("nb.ipynb", "a1", "a2", "a3", "a4");
    claim("nb.ipynb");
    files.notebook("copy.ipynb", "a1", "a2", "b3", "b4");
    expect(claim("copy.ipynb")).toBe("copy.ipynb");
    rmSync(files.path("nb.ipynb"));
    files.notebook("moved.ipynb", "a1", "a2", "a3", "a4");
    expect(claim("moved.ipynb")).toBe("nb.ipynb");
  });

  test("[N1] notebooks that begin with the same import are not related", () => {
    files.cells("a.ipynb", [{ source: `import { stage } from "stagebook";` }, { source: "a" }, { source: "b" }]);
    claim("a.ipynb");
    rmSync(files.path("a.ipynb"));
    files.cells("b.ipynb", [{ source: `import { stage } from "stagebook";` }]);
    expect(claim("b.ipynb")).toBe("b.ipynb");
  });

  test("[N1] one cell that was copied into another notebook does not make it the same", () => {
    files.notebook("a.ipynb", "a1", "a2", "a3", "a4");
    claim("a.ipynb");
    rmSync(files.path("a.ipynb"));
    files.notebook("b.ipynb", "a1", "b2", "b3", "b4");
    expect(claim("b.ipynb")).toBe("b.ipynb");
  });
});

describe("[N3] scripts", () => {
  test("[N3] each script is one of its own, edited or not; a rename keeps it", () => {
    writeFileSync(files.path("first.ts"), "1");
    writeFileSync(files.path("second.ts"), "1");
    expect([claim("first.ts"), claim("second.ts")]).toEqual(["first.ts", "second.ts"]);
    rmSync(files.path("first.ts"));
    writeFileSync(files.path("first.ts"), "2");
    expect(claim("first.ts")).toBe("first.ts");
    renameSync(files.path("first.ts"), files.path("third.ts"));
    expect(claim("third.ts")).toBe("first.ts");
  });

  test("[N3] a script and a notebook of one name are two", () => {
    writeFileSync(files.path("a.ts"), "1");
    files.notebook("a.ipynb", "a1");
    expect([claim("a.ts"), claim("a.ipynb")]).toEqual(["a.ts", "a.ipynb"]);
  });
});

describe("[N1] several machines with one store", () => {
  /** The records, as another machine sees them: without paths that are its own. */
  const fromElsewhere = () => {
    const own = records();
    return {
      notebooks: () =>
        own.notebooks().map((record) => ({
          ...record,
          places: record.places.map((place) => ({ host: `not ${place.host}`, path: place.path })),
        })),
      addNotebook: own.addNotebook.bind(own),
      updateNotebook: own.updateNotebook.bind(own),
    };
  };

  test("[N1] a clone on another machine is the same notebook, whatever its path; another notebook of that name is not", () => {
    files.notebook("here/nb.ipynb", "a1", "a2");
    existing(open(files.path("here/nb.ipynb"), records()).claim());
    files.notebook("clone/nb.ipynb", "a1", "a2", "a3");
    files.notebook("else/nb.ipynb", "b1", "b2");
    expect(open(files.path("else/nb.ipynb"), fromElsewhere()).claim()).toBe("nb.ipynb-2");
    expect(open(files.path("clone/nb.ipynb"), fromElsewhere()).claim()).toBe("nb.ipynb");
  });
});

test("[N1] a store from before there were records: the first notebook of the name goes on with what lies there", () => {
  files.notebook("nb.ipynb", "a1");
  expect(find("nb.ipynb")).toBe("nb.ipynb");
  expect(claim("nb.ipynb")).toBe("nb.ipynb");
  expect(idOf("a1")).toMatch(/^[0-9a-f]{8}$/);
});
