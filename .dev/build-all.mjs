/** `npm run build`: what of kernel-lib and lab-extension is not built from the present sources. */
import { printProblem } from "./lib/command.mjs";
import { build } from "./lib/setup.mjs";

try {
  await build();
} catch (error) {
  printProblem(error);
  process.exit(1);
}
