/** `npm run check` runs this: finds phrases in sources, tests, scripts, documents and notebooks for which the field has a usual term. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./project.mjs";

/** Each phrase and what to write instead. Only phrases that are never right; `\b` keeps them off longer words. */
const phrases = [
  { phrase: /\bmend(s|ed|ing)?\b/i, write: "fix" },
  { phrase: /\bma(de|ke|kes|king) (it |them )?(again|anew)\b/i, write: "recompute, recreate, rebuild" },
  { phrase: /\b(is|are|was|were) told\b|\btold (of|to)\b/i, write: "is notified, receives, reports" },
  { phrase: /(?<!\bthere )\bis no (?!longer\b|more\b|such\b|space\b)[a-z]+/i, write: "is not a …" },
  { phrase: /\bis not there\b/i, write: "does not exist, is missing" },
  { phrase: /\b(so many|so often|for so long)\b(?! (that|as)\b)/i, write: "this many, at most n, for this many days" },
  { phrase: /\bnobody took\b/i, write: "unhandled" },
  { phrase: /\banew\b/i, write: "again, from scratch" },
  { phrase: /\bfor people\b/i, write: "human-readable, for users" },
  { phrase: /\bin the place of\b/i, write: "instead of" },
  { phrase: /\bwhat comes now\b/i, write: "what follows" },
  { phrase: /\btell(s|ing)? (nobody|nothing)\b/i, write: "is of no use, does not help" },
  { phrase: /\bsays? nothing\b/i, write: "does not show, does not depend on" },
  { phrase: /\blook(s|ed|ing)? (at|after) (it |them |that )?again\b/i, write: "is checked again, is polled" },
  { phrase: /\bgo(es|ing)? on (behind|from)\b/i, write: "continues after, continues from" },
  { phrase: /\b(will be|is|are) asked again\b/i, write: "is polled again, the next attempt" },
  { phrase: /\b(whoever|who) asks\b/i, write: "the caller" },
  { phrase: /\bis tried (again|to)\b/i, write: "is retried" },
  { phrase: /\ball the same\b(?! \w)/i, write: "still, anyway" },
  { phrase: /\bupkeep\b/i, write: "maintenance" },
  { phrase: /\b(public|its|whole) face\b/i, write: "public API" },
];

/** This file quotes the phrases. */
const ownFile = join(root, ".dev/lib/words.mjs");
const places = [
  "kernel-lib/src",
  "kernel-lib/docs",
  "lab-extension/src",
  "lab-extension/schema",
  "lab-extension/docs",
  "notebooks",
  "test",
  ".dev",
  ".github",
];
const documents = ["README.md", "kernel-lib/README.md", "lab-extension/README.md"];

const found = [...places.flatMap((place) => listFiles(join(root, place))), ...documents.map((name) => join(root, name))]
  .filter((file) => /\.(tsx?|mjs|md|ipynb|json)$/.test(file) && existsSync(file) && file !== ownFile)
  .flatMap(findPhrases);
for (const line of found) console.log(line);
process.exitCode = found.length > 0 ? 1 : 0;

/** @param {string} file @returns {string[]} */
function findPhrases(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, at) =>
    phrases.flatMap(({ phrase, write }) => {
      const match = phrase.exec(line.slice(0, 5000));
      return match ? [`${relative(root, file)}:${at + 1}: "${match[0]}" → ${write}`] : [];
    }),
  );
}

/** @param {string} folder @returns {string[]} */
function listFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === "node_modules" || name === "artifacts" || name.startsWith(".")) return [];
    return statSync(path).isDirectory() ? listFiles(path) : [path];
  });
}
