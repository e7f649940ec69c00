/** Everything between a fresh clone and a running JupyterLab. Called by `npm start`, `npm test` and `npm run build`. */
import { build as packagesBuild } from "./build.mjs";
import { stopCommands } from "./command.mjs";
import { installInPrefix } from "./jupyter.mjs";
import { checkNode, packages } from "./packages.mjs";
import { doStep } from "./progress.mjs";
import { jupyterlab } from "./python.mjs";

/**
 * Brings the project up to date; steps that are current are skipped. Throws Problem when a step fails.
 * @param {readonly import("./progress.mjs").Step[]} [more] further steps, run in parallel with the others
 */
export async function setUp(more = []) {
  checkNode();
  if (!(await packages.isCurrent()) || !(await jupyterlab.isCurrent())) {
    console.log("Setting up: npm packages, JupyterLab and the build. This takes about a minute the first time.");
  }
  const nodeSide = async () => {
    const installed = await doStep(packages);
    const built = await doStep(packagesBuild);
    return installed || built;
  };
  const worked = await allOrNone([nodeSide(), doStep(jupyterlab), ...more.map(doStep)]);
  installInPrefix();
  if (!worked.includes(true)) console.log("✓ set-up is up to date");
}

/** Only what the build needs. */
export async function build() {
  checkNode();
  const worked = [await doStep(packages), await doStep(packagesBuild)];
  if (!worked.includes(true)) console.log("✓ the build is up to date");
}

/**
 * Waits for all steps; when one fails, the programs of the others are stopped and awaited first.
 * @template T
 * @param {readonly Promise<T>[]} steps
 */
async function allOrNone(steps) {
  /** @type {unknown} */
  let first;
  const guarded = steps.map((step) =>
    step.catch((error) => {
      first ??= error;
      stopCommands();
    }),
  );
  await Promise.all(guarded);
  if (first !== undefined) throw first;
  return Promise.all(steps);
}
