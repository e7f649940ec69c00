#!/bin/sh
# tslab 1.0.22 (TypeScript 5.0.4 of its own) compiles each cell with the declarations of a package: a variable whose inferred type cannot
# be written down is an error, and the cell is refused, although `tsc --noEmit` accepts the same text. So are a class within a function
# (TS4094), an interface within a function (TS4060), and a type that belongs to a dependency of an imported package (TS2742), which is
# the usual case for packages that pnpm installs.
# Seen: `tsc: 0 errors`, `tslab: class 4094, interface 4060, dependency 2742`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund tslab@1.0.22 typescript@5.0.4 >/dev/null
mkdir -p node_modules/outer/node_modules/inner
echo '{ "name": "outer", "version": "1.0.0", "types": "index.d.ts" }' > node_modules/outer/package.json
echo 'import { Inner } from "inner"; export declare function make(): Inner;' > node_modules/outer/index.d.ts
echo '{ "name": "inner", "version": "1.0.0", "types": "index.d.ts" }' > node_modules/outer/node_modules/inner/package.json
echo 'export interface Inner { size: number }' > node_modules/outer/node_modules/inner/index.d.ts
cat > class.ts <<'CELL'
const local = (() => { class Local { x = 1; private y = 2; } return new Local(); })();
CELL
cat > interface.ts <<'CELL'
function measured() { interface Size { wide: number } return { wide: 5 } as Size; }
CELL
cat > dependency.ts <<'CELL'
import { make } from "outer"; const outside = make();
CELL
echo '{ "compilerOptions": { "noEmit": true, "target": "es2022", "module": "commonjs", "types": [] }, "include": ["*.ts"] }' > tsconfig.json
./node_modules/.bin/tsc > errors || true
errors=$(wc -l < errors)
cat > cells.cjs <<'SCRIPT'
const { readFileSync } = require("node:fs");
const { createConverter } = require("tslab/dist/converter.js");
const converter = createConverter({ isJS: false, isBrowser: false });
const codes = ["class", "interface", "dependency"].map((name) => {
  const { diagnostics } = converter.convert("", readFileSync(`${name}.ts`, "utf8"));
  return `${name} ${diagnostics.map(({ code }) => code).join(" and ") || "accepted"}`;
});
console.log(`tslab: ${codes.join(", ")}`);
process.exit(0);
SCRIPT
seen=$(node cells.cjs)
echo "tsc: $errors errors"
echo "$seen"
[ "$errors" = 0 ] && [ "$seen" = "tslab: class 4094, interface 4060, dependency 2742" ]
