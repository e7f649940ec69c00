/** Names, values, logs, previews and errors with HTML, scripts, emoji, right-to-left text and very long words: all are shown as text. */
import { beforeAll, expect, test } from "vitest";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";
import { chooseItem } from "../rig/lab/page/menu";

const lab = useLab();

const cells = [
  `import { param, stage } from "stagebook";`,
  `const html = '<img src="x" onerror="window.hacked = 1"><script>window.hacked = 2</script><marquee>bold</marquee>&amp;';
const words = "שלום עולם مرحبا \\u202e gnp.exe";
const emoji = "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪 z̷̨̛͎a̴lgo \\u0000\\u001b[31m";
const long = "W".repeat(10_000);
const texts: string[] = [html, words, emoji, long];`,
  `const odd: any[] = [];
for (const text of texts) {
  const value = param("value " + text.slice(0, 190), text, { description: text, unit: text.slice(0, 300) });
  const pick = param("pick " + text.slice(0, 190), text, { choices: [text, text + "!"], description: text });
  odd.push(stage("make " + text.slice(0, 190), { value, pick }, ({ value }: any, { log }: any) => {
    log.info(text, { [text]: text, deep: { [text]: [text] } });
    log.error(text);
    console.log(text);
    return [{ [text]: value, n: 1 }, { [text]: text, n: 2 }];
  }, { description: text }));
}
for (const each of odd) await each();`,
  `const fails = stage("fails " + html.slice(0, 190), { first: odd[0] }, () => { throw new TypeError(texts.join("\\n")); });
await fails().catch(() => 0);`,
  `const tree = stage("tree", { first: odd[0] }, () => ({ [html]: { [long]: [words, emoji, { deeper: html }] } }));
await tree();`,
];
const names = ["make <img", "make שלום", "make 👩", "make WWW", "fails <img", "tree"];

beforeAll(async () => {
  await lab.openNotebook(cells);
  await lab.runAll();
});

/** Elements that overflow their panel or were created from text, and executed scripts: there must be none. */
function findProblems(): Promise<string[]> {
  return lab.page.evaluate(() => {
    const problems: string[] = [];
    const widest = (panel: HTMLElement): string => {
      const all = [...panel.querySelectorAll<HTMLElement>("*")];
      const wide = all.filter(
        (node) => node.scrollWidth > panel.clientWidth + 1 && getComputedStyle(node).overflowX === "visible",
      );
      return wide
        .map((node) => `${node.tagName}.${node.className}`)
        .join(" > ")
        .slice(0, 300);
    };
    if ("hacked" in window) problems.push(`something was executed: ${String((window as { hacked?: unknown }).hacked)}`);
    const panels = [...document.querySelectorAll<HTMLElement>("[data-stagebook], #stagebook-sidebar")].filter(
      (panel) => panel.offsetParent !== null,
    );
    for (const panel of panels) {
      const name = panel.dataset.stagebook ?? "sidebar";
      for (const element of panel.querySelectorAll('img[src="x"], script, marquee'))
        problems.push(`${name}: ${element.outerHTML}`);
      if (panel.scrollWidth > panel.clientWidth + 1)
        problems.push(`${name}: ${panel.scrollWidth} px of content in ${panel.clientWidth} px, ${widest(panel)}`);
      const { right } = panel.getBoundingClientRect();
      if (right > innerWidth + 1) problems.push(`${name}: ends at ${right} px of ${innerWidth}`);
    }
    return problems;
  });
}

const nodeOf = (name: string) => lab.panel("dag").locator(`[data-stage^="${name}"]`).first();

test("[O7] the graph shows text, and the layout holds", async () => {
  await eventually(async () => Object.keys(await lab.stageStatuses()).length).toBe(names.length);
  await eventually(() => nodeOf("make <img").innerText()).toContain("<img");
  const sizes = (): Promise<number[]> =>
    lab
      .panel("dag")
      .locator("[data-stage]")
      .evaluateAll((nodes) => nodes.map((node) => (node as HTMLElement).offsetWidth));
  await eventually(async () => new Set(await sizes()).size).toBe(1);
  await eventually(findProblems).toEqual([]);
  await lab.screenshot("hostile-graph");
});

test("[P10] the form shows text, values are unchanged, and the layout holds", async () => {
  const params = lab.panel("params");
  await eventually(() => params.locator("[data-param]").count()).toBe(8);
  expect(await params.locator('input[data-param^="value <img"]').inputValue()).toContain("<script>");
  await eventually(findProblems).toEqual([]);
  await lab.screenshot("hostile-form");
  const word = params.locator('input[data-param^="value WWW"]');
  await word.fill("V".repeat(10_000));
  await eventually(() => nodeOf("make WWW").getAttribute("data-status")).toBe("stale");
  await eventually(findProblems).toEqual([]);
});

test.each(names)("[O8] the stage panel of %s shows text, and the layout holds", async (name) => {
  await nodeOf(name).focus();
  await lab.page.keyboard.press("Enter");
  const panel = lab.panel("stage");
  await eventually(() => panel.innerText()).toContain(name.slice(0, 8));
  // An expanded section may contain more collapsed ones.
  for (let depth = 0; depth < 3; depth++)
    await panel.locator("details:not([open])").evaluateAll((all) => {
      for (const each of all) (each as HTMLDetailsElement).open = true;
    });
  await eventually(() => panel.locator('[aria-busy="true"]').count()).toBe(0);
  await eventually(findProblems).toEqual([]);
  await lab.screenshot(`hostile-stage-${names.indexOf(name)}`);
});

test("[O1] the log shows text in rows of equal height, and the layout holds", async () => {
  await lab.command("stagebook:show-log");
  await eventually(async () => (await lab.logRows()).length > 5).toBe(true);
  const heights = await lab
    .panel("log")
    .locator("[data-log]")
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).offsetHeight));
  expect(new Set(heights).size).toBe(1);
  await eventually(async () => (await lab.logRows()).map(({ text }) => text).join("")).toContain("<script>");
  for (const index of [0, 3, 6, 9]) {
    await lab.panel("log").locator("[data-log]").nth(index).click();
    await lab.panel("log").getByRole("button", { name: "Close" }).waitFor();
    await eventually(findProblems).toEqual([]);
    await lab.screenshot(`hostile-log-${index}`);
  }
});

test("[O7] menus, tooltips and dialogs of such a stage show text", async () => {
  await chooseItem(lab.page, () => nodeOf("make <img").click({ button: "right" }), "Explain Stage Status");
  await lab.page.getByRole("dialog").waitFor();
  await lab.screenshot("hostile-dialog");
  await eventually(findProblems).toEqual([]);
  expect(await lab.page.locator('.jp-Dialog img[src="x"], .jp-Dialog script').count()).toBe(0);
  await lab.page.keyboard.press("Escape");
  await eventually(() => lab.page.getByRole("dialog").count()).toBe(0);
  await lab.setSidebarWidth(260);
  await eventually(findProblems).toEqual([]);
  await lab.screenshot("hostile-narrow");
});
