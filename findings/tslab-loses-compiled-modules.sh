#!/bin/sh
# tslab 1.0.22 resolves local imports twice: its compiler as TypeScript does, its executor by joining the folder, the name and `.js`. What
# the two see differently type-checks, and then fails when the cell is executed: a folder with an index file, a name with a dot in it, and
# `.mts` and `.tsx` files, whose output is dropped or never made. A module above the notebook's folder is refused by the compiler, because
# tslab sets `rootDir` to that folder (TS6059). The same files run with `tsc` and Node.js.
# Seen: `node: folder dotted mts tsx above`, `tslab: folder missing, dotted missing, mts missing, tsx missing, above TS6059, plain found`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund tslab@1.0.22 typescript@5.0.4 >/dev/null
mkdir -p notebooks/folder source
echo 'export const it = "folder";' > notebooks/folder/index.ts
echo 'export const it = "dotted";' > notebooks/name.dotted.ts
echo 'export const it = "mts";' > notebooks/modern.mts
echo 'export const it = "tsx";' > notebooks/view.tsx
echo 'export const it = "above";' > source/above.ts
echo 'export const it = "plain";' > notebooks/plain.ts
cat > notebooks/all.ts <<'CODE'
import { it as folder } from "./folder";
import { it as dotted } from "./name.dotted";
import { it as tsx } from "./view";
import { it as above } from "../source/above";
import("./modern.mjs").then(({ it: mts }) => console.log(`node: ${folder} ${dotted} ${mts} ${tsx} ${above}`));
CODE
echo '{ "compilerOptions": { "outDir": "out", "rootDir": ".", "target": "es2022", "module": "node16", "moduleResolution": "node16", "jsx": "react", "types": [] }, "include": ["notebooks/*.ts*", "notebooks/*.mts", "source"] }' > tsconfig.json
./node_modules/.bin/tsc
ran=$(node out/notebooks/all.js)
cd notebooks
cat > cells.cjs <<'SCRIPT'
const { createConverter } = require("tslab/dist/converter.js");
const { createExecutor } = require("tslab/dist/executor.js");
const messages = [];
const quiet = { log: (text) => messages.push(String(text)), error: (...parts) => messages.push(parts.map((part) => part?.code ?? part).join(" ")) };
const node = createConverter({ isJS: false, isBrowser: false });
const executor = createExecutor(process.cwd(), { node }, quiet);
const cells = { folder: "./folder", dotted: "./name.dotted", mts: "./modern.mjs", tsx: "./view", above: "../source/above", plain: "./plain" };
(async () => {
  const seen = [];
  for (const [name, id] of Object.entries(cells)) {
    messages.length = 0;
    await executor.execute(`import { it as ${name} } from "${id}"; ${name}`);
    const text = messages.join(" ");
    const end = text.includes("rootDir") ? "TS6059" : text.includes("MODULE_NOT_FOUND") ? "missing" : text === name ? "found" : text;
    seen.push(`${name} ${end}`);
  }
  console.log(`tslab: ${seen.join(", ")}`);
  process.exit(0);
})();
SCRIPT
seen=$(node cells.cjs)
echo "$ran"
echo "$seen"
[ "$ran" = "node: folder dotted mts tsx above" ]
[ "$seen" = "tslab: folder missing, dotted missing, mts missing, tsx missing, above TS6059, plain found" ]
