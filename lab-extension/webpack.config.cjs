/**
 * Added to JupyterLab's own build of the extension: the licences of all packages in the bundle. What the builder lists by
 * itself leaves out each package whose modules are joined with others (d3, zustand, @rjsf/utils …).
 */
const { readdirSync, readFileSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

/** Built into the files of another package, so that no module of theirs is seen. */
const within = { "@dagrejs/dagre": ["@dagrejs/graphlib"] };

/** Packages that name their licence, and come without its text. */
const copyrightOf = { "json-schema-merge-allof": "Copyright (c) Martin Hansen" };

const own = "stagebook";

class LicencesPlugin {
  apply(compiler) {
    compiler.hooks.done.tap("Licences", (stats) => {
      if (stats.hasErrors() || compiler.options.mode !== "production") return;
      const packages = listPackages(stats).map(describe);
      const output = compiler.options.output.path;
      // What JupyterLab shows under Help > Licenses, in the builder's own form.
      writeFileSync(join(output, "third-party-licenses.json"), JSON.stringify({ packages }, null, 2));
      writeFileSync(join(dirname(output), "THIRD-PARTY-LICENSES.txt"), encodeText(packages));
    });
  }
}

/** The folders of all packages of which a module is in the bundle, by name. */
function listPackages(stats) {
  const everything = { all: false, modules: true, nestedModules: true, orphanModules: true, dependentModules: true };
  const unlimited = { modulesSpace: Infinity, nestedModulesSpace: Infinity };
  const ungrouped = { groupModulesByType: false, groupModulesByPath: false, groupModulesByAttributes: false };
  const { modules } = stats.toJson({ ...everything, ...unlimited, ...ungrouped });
  const folders = new Map();
  const add = (folder) => {
    const { name } = readPackage(folder);
    if (folders.has(name)) return;
    folders.set(name, folder);
    for (const inner of within[name] ?? []) add(dirname(require.resolve(`${inner}/package.json`, { paths: [folder] })));
  };
  const visit = (list = []) => {
    for (const { nameForCondition, modules } of list) {
      const folder = findFolder(nameForCondition);
      if (folder !== null) add(folder);
      visit(modules);
    }
  };
  visit(modules);
  folders.delete(own);
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, folder]) => folder);
}

/** The innermost package of a module's file; null for the extension's own. */
function findFolder(file) {
  const found = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file ?? "");
  return found === null ? null : found[1];
}

function describe(folder) {
  const { name, version, license, licenses } = readPackage(folder);
  // Older packages have a list of objects.
  const licenseId = license ?? licenses?.map(({ type }) => type).join(" OR ");
  const extractedText = readLicence(folder) ?? composeLicence(name, licenseId);
  if (!licenseId || !extractedText) throw new Error(`no licence is known of ${name}, which is bundled: ${folder}`);
  return { name, versionInfo: version, licenseId, extractedText };
}

function readPackage(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** With the notices that some licences want beside them. */
function readLicence(folder) {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)(\.(md|txt)|[-.].*)?$/i.test(name));
  const texts = files.sort().map((name) => readFileSync(join(folder, name), "utf8").trim());
  return texts.length === 0 ? null : `${texts.join("\n\n")}\n`;
}

function composeLicence(name, licenseId) {
  const copyright = copyrightOf[name];
  if (copyright === undefined || licenseId !== "MIT") return null;
  const text = readFileSync(join(dirname(require.resolve("fast-deep-equal/package.json")), "LICENSE"), "utf8");
  return text.replace(/^Copyright .*$/m, copyright);
}

function encodeText(packages) {
  const parts = packages.map(
    ({ name, versionInfo, licenseId, extractedText }) => `${name} ${versionInfo} (${licenseId})\n\n${extractedText}`,
  );
  const head = "The built extension contains these packages, each under the licence that follows its name.\n";
  return [head, ...parts].join(`\n${"-".repeat(80)}\n\n`);
}

module.exports = { plugins: [new LicencesPlugin()] };
