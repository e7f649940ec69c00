/** The pipeline as a DAG of Apache Airflow 2.9 or newer: one task a stage, which runs `stagebook run --target`. Results pass through the store alone. Airflow itself tries again what fails. */
import type { Json, ParamView, StageView, View } from "../protocol";

/** What a view does not say of a stage. */
export interface StageLimits {
  /** Attempts after the first. */
  readonly retries?: number;
  /** Of each attempt. */
  readonly timeoutMs?: number;
}

export interface AirflowRequest {
  readonly view: View;
  readonly limitsOf: (stage: string) => StageLimits;
  /** Absolute path of the notebook or script. */
  readonly file: string;
  readonly dagId: string;
  readonly version: string;
}

/** Starting the process and executing the cells is no part of an attempt. */
const START_SECONDS = 300;

/** The text of a Python file. */
export function toAirflow({ view, limitsOf, file, dagId, version }: AirflowRequest): string {
  const stages = Object.values(view.stages);
  const ids = taskIds(stages.map(({ name }) => name));
  const idOf = (name: string): string => ids.get(name) ?? name;
  const params = Object.values(view.params).filter(({ kind }) => kind !== "other");
  const tasks = stages.map((stage) => `    ${python(idOf(stage.name))}: ${taskOf(stage, limitsOf(stage.name))},`);
  const edges = stages.flatMap((stage) =>
    upstream(stage, view).map((name) => `    (${python(idOf(name))}, ${python(idOf(stage.name))}),`),
  );
  return `${header(file, version)}
DAG_ID = ${python(dagId)}

# The notebook where Airflow's workers find it, or its folder, and the command there.
NOTEBOOK = os.environ.get("STAGEBOOK_NOTEBOOK", ${python(file)})
if os.path.isdir(NOTEBOOK):
    NOTEBOOK = os.path.join(NOTEBOOK, ${python(file.split(/[\\/]/).at(-1) ?? file)})
COMMAND = os.environ.get("STAGEBOOK_COMMAND", "npx stagebook")

# Between a stage's attempts.
RETRY_DELAY = timedelta(seconds=30)

PARAMS = {
${params.map((param) => `    ${python(param.name)}: ${paramOf(param)},`).join("\n")}
}

# By task: the stage, and what limits it.
STAGES = {
${tasks.join("\n")}
}

# Before and after.
EDGES = [
${edges.join("\n")}
]

${body}`;
}

const header = (file: string, version: string): string => `"""
Made by stagebook ${version}: stagebook export airflow ${file.split(/[\\/]/).at(-1)?.replaceAll('"""', "") ?? ""}

Each task brings one stage up to date, and is done at once where the stored result is current. All workers need one store:
set STAGEBOOK_STORE (a folder or s3://bucket/prefix) in their environment, or STAGEBOOK_SHARED_STORE.
"""

import os
import shlex
from datetime import timedelta

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, Param
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.models.param import Param
    from airflow.operators.bash import BashOperator
`;

const body = `
def task(task_id, stage, retries=0, seconds=None):
    return BashOperator(
        task_id=task_id,
        task_display_name=stage,
        # Values pass as JSON on the standard input: no shell reads them.
        bash_command=(
            f'printf %s "$STAGEBOOK_PARAMS" | {COMMAND} run {shlex.quote(NOTEBOOK)}'
            f" --target={shlex.quote(stage)} --retries 0 --params -"
        ).replace("{{", "{{ '{{' }}"),
        env={"STAGEBOOK_PARAMS": "{{ params | tojson }}"},
        append_env=True,
        do_xcom_push=False,
        retries=retries,
        retry_delay=RETRY_DELAY,
        execution_timeout=None if seconds is None else timedelta(seconds=seconds),
    )


with DAG(
    dag_id=DAG_ID,
    schedule=None,
    catchup=False,
    params=PARAMS,
    tags=["stagebook"],
) as dag:
    tasks = {task_id: task(task_id, **options) for task_id, options in STAGES.items()}
    for before, after in EDGES:
        tasks[before] >> tasks[after]
`;

function taskOf({ name }: StageView, { retries = 0, timeoutMs }: StageLimits): string {
  const seconds = timeoutMs === undefined ? undefined : Math.ceil(timeoutMs / 1000) + START_SECONDS;
  return python({ stage: name, ...(retries > 0 ? { retries } : {}), ...(seconds === undefined ? {} : { seconds }) });
}

function paramOf({ default: initial, schema }: ParamView): string {
  return `Param(${python(initial)}, **${python(schema)})`;
}

function upstream({ inputs }: StageView, { stages }: View): readonly string[] {
  return [...new Set(inputs.flatMap(({ kind, name }) => (kind === "stage" && stages[name] ? [name] : [])))];
}

/** Airflow takes letters, digits, dashes, dots and underscores; no two stages get one name. */
function taskIds(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      const plain = airflowId(name);
      let id = plain;
      for (let nth = 2; taken.has(id); nth++) id = `${plain}_${nth}`;
      taken.add(id);
      return [name, id];
    }),
  );
}

/** A name that Airflow takes. */
export function airflowId(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]+/g, "_").slice(0, 200) || "_";
}

/** A Python literal. */
function python(value: Json): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return `{${Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${python(field)}`).join(", ")}}`; // prettier-ignore
}
