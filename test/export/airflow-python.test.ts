/** The exported DAG as Python reads it: with the jsonschema and the Jinja that Airflow uses, and stand-ins for Airflow's own classes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createPipeline, type ParamOptions } from "stagebook";
import type { View } from "stagebook/protocol";
import { toAirflow } from "../../kernel-lib/src/export/airflow";
import { python } from "../../.dev/lib/project.mjs";

/** Airflow's classes as far as the DAG uses them: `Param` checks its default as Airflow does, `BashOperator` renders its templates. */
const airflow = `
import json, sys, types
import jsonschema, jinja2

class Param:
    def __init__(self, default=None, description=None, source=None, **kwargs):
        self.default = default
        self.schema = kwargs.pop("schema") if "schema" in kwargs else kwargs
        jsonschema.validate(default, self.schema, format_checker=jsonschema.FormatChecker())

commands = {}
environments = {}
class BashOperator:
    def __init__(self, task_id, bash_command, env, **kwargs):
        variables = {"stagebook_secret_db_password": "from a variable"}
        value = types.SimpleNamespace(get=lambda key, default: variables.get(key, default))
        var = types.SimpleNamespace(value=value)
        render = lambda text: jinja2.Environment().from_string(text).render(params={}, var=var)
        commands[task_id] = render(bash_command)
        environments[task_id] = {name: render(text) for name, text in env.items()}
    def __rshift__(self, other):
        return other
    @classmethod
    def partial(cls, **options):
        def expand(env):
            for slot, each in enumerate(env):
                cls(env=each, **{**options, "task_id": f"{options['task_id']} {slot}"})
            return cls(env=env[0], **options)
        return types.SimpleNamespace(expand=expand)

class DAG:
    def __init__(self, params, **kwargs):
        self.params = params
    def __enter__(self):
        return self
    def __exit__(self, *args):
        pass

def module(name, **members):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)

for name in ["airflow", "airflow.providers", "airflow.providers.standard", "airflow.providers.standard.operators"]:
    module(name)
module("airflow.sdk", DAG=DAG, Param=Param)
module("airflow.providers.standard.operators.bash", BashOperator=BashOperator)
imported = []
for path in sys.argv[1:]:
    commands.clear()
    environments.clear()
    scope = {"__name__": "dag"}
    exec(compile(open(path, encoding="utf8").read(), path, "exec"), scope)
    params = {name: each.schema for name, each in scope["PARAMS"].items()}
    imported.append({"params": params, "commands": dict(commands), "environments": dict(environments)})
print(json.dumps(imported))
`;

interface Imported {
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** By task id, as the shell gets them. */
  readonly commands: Readonly<Record<string, string>>;
  readonly environments: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function exported(define: (pipeline: ReturnType<typeof createPipeline>) => void, file = "/notebooks/a.ipynb"): string {
  const pipeline = createPipeline({ store: "memory" });
  define(pipeline);
  return toAirflow({
    view: pipeline.toJSON() as View,
    limitsOf: (stage) => (stage === "many" ? { each: { rangeMs: 1000 } } : {}),
    file,
    dagId: "d",
    version: "1.0.0",
  });
}

const imported = (text: string): Imported => importedAll([text])[0]!;

/** What Python makes of each file, all in one process. */
function importedAll(texts: readonly string[]): readonly Imported[] {
  const folder = mkdtempSync(join(tmpdir(), "dag-"));
  try {
    const files = texts.map((text, nth) => {
      writeFileSync(join(folder, `dag_${nth}.py`), text);
      return join(folder, `dag_${nth}.py`);
    });
    writeFileSync(join(folder, "airflow_classes.py"), airflow);
    return JSON.parse(execFileSync(python, [join(folder, "airflow_classes.py"), ...files], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })) as Imported[]; // prettier-ignore
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Arguments of a shell command, as the shell splits them. */
const argumentsOf = (command: string, env: Readonly<Record<string, string>> = {}): string[] =>
  execFileSync("sh", ["-c", `npx() { for each in "$@"; do printf '%s\\0' "$each"; done; }; ${command.replace(/^.*?\| /s, "")}`], { encoding: "utf8", env: { ...process.env, ...env } }).split("\0").slice(0, -1); // prettier-ignore

describe("[X1] Python imports the DAG of any schema", () => {
  const param = (initial: unknown, options: ParamOptions<never>): string =>
    exported(({ param }) => void param("p", initial as never, options));

  const rows: readonly (readonly [string, unknown, object, RegExp | undefined])[] = [
    ["a default", 3, { type: "number", default: 5 }, undefined],
    ["a nested default", { a: 1 }, { type: "object", properties: { a: { type: "number", default: 2 } } }, undefined],
    ["properties named like arguments", { source: "x", default: 1, pattern: "\\p{L}" }, { type: "object", properties: { source: { type: "string" }, default: { type: "number" }, pattern: { type: "string" } } }, undefined], // prettier-ignore
    ["arguments of Param", 3, { type: "number", source: "here", schema: "there", title: "P" }, undefined],
    ["a Unicode property", "aé", { type: "string", pattern: "^\\p{L}+$" }, /not checked by Airflow: pattern "\^\\\\p\{L\}\+\$"/], // prettier-ignore
    ["a named group", "2024", { type: "string", pattern: "^(?<year>\\d+)$" }, /\?<year>/],
    ["a code point", "a", { type: "string", pattern: "[\\u{61}-z]" }, /u\{61\}/],
    ["an empty class", "a", { type: "string", pattern: "[^]" }, /\[\^\]/],
    ["a look-behind", "b", { type: "string", pattern: "(?<!a+)b" }, /\?<!/],
    ["a plain pattern", "ab-1", { type: "string", pattern: "^[a-z]+-\\d{1,3}$" }, undefined],
    ["decimal steps", 0.5, { type: "number", multipleOf: 0.25 }, /multipleOf 0\.25/],
    ["whole steps", 14, { type: "integer", multipleOf: 7 }, undefined],
    ["a tuple", [1, "a"], { type: "array", items: [{ type: "number" }, { type: "string" }], additionalItems: false }, undefined], // prettier-ignore
    ["names by pattern", { é: 1 }, { type: "object", patternProperties: { "^\\p{L}$": { type: "number" } }, additionalProperties: false }, /patternProperties/], // prettier-ignore
    ["alternatives", "é", { anyOf: [{ type: "number" }, { type: "string", pattern: "\\p{L}" }] }, /\\\\p\{L\}/],
    ["references", { next: null }, { definitions: { n: { type: ["object", "null"] } }, type: "object", properties: { next: { $ref: "#/definitions/n" } } }, undefined], // prettier-ignore
  ];
  const texts = rows.map(([, initial, schema]) => param(initial, { schema } as never));
  let all: readonly Imported[] = [];
  beforeAll(() => void (all = importedAll(texts)));

  test.each(rows.map(([what, , , comment], at) => [what, at, comment] as const))("%s", (_what, at, comment) => {
    expect(all[at]?.params.p).toBeDefined();
    expect(all[at]?.params.p).not.toHaveProperty("default");
    if (comment) expect(texts[at]).toMatch(comment);
    else expect(texts[at]).not.toContain("not checked by Airflow");
  });

  test("a plain pattern still refuses what it should", () => {
    const { p } = imported(param("ab", { schema: { type: "string", pattern: "^[a-z]+$" } })).params;
    expect(p).toMatchObject({ pattern: "^[a-z]+$" });
  });
});

test("[X1] names of stages, parameters and files reach the command as they are, whatever they mean to Jinja, Python or a shell", () => {
  const names = ["{# c #}", "{% raw %}", "{{ params }}", "}}", "{", "it's", '"""', "a\\nb", "a\nb", "$(id)", "`id`", "%s", "{%- x -%}", "é ✓"]; // prettier-ignore
  const text = exported(({ stage, param }) => {
    for (const name of names) {
      param(`p ${name}`, 1);
      stage(name, () => 1);
    }
  }, `/notebooks/{% it's """ \\N #}.ipynb`);
  const { commands, params } = imported(text);
  expect(Object.keys(params)).toEqual(names.map((name) => `p ${name}`));
  const targets = Object.values(commands).map((command) => argumentsOf(command));
  expect(targets.map((args) => args.find((each) => each.startsWith("--target="))?.slice("--target=".length))).toEqual(names); // prettier-ignore
  for (const args of targets) expect(args[2]).toBe(`/notebooks/{% it's """ \\N #}.ipynb`);
});

test("[Y9] a secret is not a parameter of the DAG: it comes from a variable of Airflow, through the environment of the task", () => {
  const text = exported(({ stage, param }) => {
    const password = param("db/password", "", { secret: true });
    const token = param("it's {a} token", "default-token-value", { secret: true });
    stage("load", { password, token }, ({ password }) => password.length);
  });
  expect(text).not.toContain("default-token-value");
  const { params, commands, environments } = imported(text);
  expect(Object.keys(params)).toEqual([]);
  const { load: env = {} } = environments;
  expect(Object.values(env)).toEqual(["{}", "from a variable", ""]);
  const args = argumentsOf(commands.load ?? "", env);
  // That of the token has no value: the notebook's own applies.
  expect(args.slice(args.indexOf("-") + 1)).toEqual(["--set-secret", "db/password=env:STAGEBOOK_SECRET_0"]);
  const both = argumentsOf(commands.load ?? "", { ...env, STAGEBOOK_SECRET_1: "x y" });
  expect(both.slice(-2)).toEqual(["--set-secret", "it's {a} token=env:STAGEBOOK_SECRET_1"]);
  expect(commands.load).not.toContain("from a variable");
});

test("[W12] a stage with the option scale is one task that is mapped over the slots; its command is a worker", () => {
  const text = exported(({ each, stage }) => {
    stage("one", () => 1);
    each("many", [1, 2, 3], (n) => n, { scale: true });
  });
  const { commands } = imported(text);
  expect(Object.keys(commands).sort()).toEqual(["many", "many 0", "many 1", "many 2", "many 3", "one"]);
  expect(commands["many 2"]).toMatch(/npx stagebook work \S+ --target=many --retries 0 --params -/);
  expect(commands.one).toMatch(/npx stagebook run /);
});
