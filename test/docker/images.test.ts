import { type ExecFileSyncOptionsWithStringEncoding, execFileSync, spawnSync } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { copyOf, environmentOf, isInContext, stagesOf } from "../../scripts/image/dockerfile.mjs";
import { inRoot } from "../../scripts/root.mjs";
import { readConfig, variables } from "../../server/config.js";
import { noteSkipped } from "../helpers/skipped.js";

interface Service {
  hostname?: string;
  ports?: string[];
  healthcheck?: unknown;
  image?: string;
  build?: { context: string; target: string };
  environment?: Record<string, string>;
  volumes?: string[];
  profiles?: string[];
  depends_on?: string[] | Record<string, { condition: string; required?: boolean }>;
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: { default: { ipam: { config: { subnet: string }[] } } };
}

const text = (file: string) => readFile(inRoot(file), "utf8");
const stages = stagesOf(await text("Dockerfile"));
const ignoreText = await text(".dockerignore");
const compose = parse(await text("compose.yaml"), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const servers = services.filter(([, { build }]) => build);
const stageOf = (name: string) => stages.find((stage) => stage.name === name);

/** Variables of other programs that a server passes on, or that its image has for them. */
const foreign = /^(AWS_|NVIDIA_|NODE_ENV$)/;

/** A value as Compose fills it in, inner variables first, where the environment has `set` and what is required. */
function filledIn(value: string, set: Record<string, string> = {}): string {
  const filled = value.replace(/\$\{(\w+)(?::(-|\?)([^${}]*))?\}/g, (_whole, name, kind, rest) => {
    return set[name] ?? (kind === "-" ? rest : "secret1");
  });
  return filled === value ? value : filledIn(filled, set);
}

const hasCaddy = spawnSync("caddy", ["version"]).status === 0;
if (!hasCaddy) noteSkipped("Caddy is not installed, so it does not check docker/Caddyfile.");

test("a linter has nothing to say of the Dockerfile", async () => {
  expect(validate(await text("Dockerfile"))).toEqual([]);
});

test("every path that the Dockerfile copies is there, and not ignored", async () => {
  const copies = stages.flatMap(({ instructions }) => instructions.filter(({ name }) => name === "COPY"));
  expect(copies.length).toBeGreaterThan(8);
  for (const { from, sources } of copies.map((copy) => copyOf(copy.text))) {
    for (const source of sources) {
      if (from !== null) expect(stageOf(from), from).toBeDefined();
      else {
        await expect(access(inRoot(source)), source).resolves.toBeUndefined();
        expect(isInContext(ignoreText, source), source).toBe(true);
      }
    }
  }
});

test("what is built, installed or private stays out of the images", () => {
  for (const path of ["node_modules/express", "dist/server/main.js", "data/operator.json", ".env", ".git/config", "web/out/index.html"]) {
    expect(isInContext(ignoreText, path), path).toBe(false);
  }
  expect(isInContext(ignoreText, "web/app/page.tsx")).toBe(true);
});

test("the scripts that the Dockerfile runs are those of package.json", async () => {
  const { scripts } = JSON.parse(await text("package.json")) as { scripts: Record<string, string> };
  const commands = stages.flatMap(({ instructions }) => instructions.filter(({ name }) => name === "RUN").map((run) => run.text));
  const named = commands.flatMap((command) => [...command.matchAll(/npm run (\S+)/g)].map(([, script = ""]) => script));
  expect(named).toEqual(["build", "cuda"]);
  for (const script of named) expect(scripts).toHaveProperty(script);
});

test("the Python package with CUDA is of the version of ONNX Runtime", async () => {
  const { dependencies } = JSON.parse(await text("package.json")) as { dependencies: Record<string, string> };
  expect(await text("Dockerfile")).toContain(`"onnxruntime-gpu[cuda,cudnn]==${dependencies["onnxruntime-node"]}"`);
});

test("the images run without root, say whether they are well, and start with their own settings", () => {
  const runtime = stageOf("runtime")?.instructions ?? [];
  expect(runtime.findLast(({ name }) => name === "USER")?.text).toBe("node");
  expect(runtime.some(({ name }) => name === "HEALTHCHECK")).toBe(true);
  const env = environmentOf(runtime.find(({ name }) => name === "ENV")?.text ?? "");
  expect(readConfig(env)).toMatchObject({ host: "0.0.0.0", access: "LINK", role: "all", dataDir: "/data" });
  expect(stages.at(-1)).toMatchObject({ name: "cpu", from: "runtime" });
});

test.each(servers)("the server reads every variable that compose.yaml gives to %s", (_name, { environment = {}, build }) => {
  const known = new Set<string>(Object.values(variables).map(({ name }) => name));
  expect(Object.keys(environment).filter((name) => !known.has(name) && !foreign.test(name))).toEqual([]);
  expect(stageOf(build?.target ?? "")).toBeDefined();
  const image = environmentOf(stageOf("runtime")?.instructions.find(({ name }) => name === "ENV")?.text ?? "");
  const filled = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filledIn(value)]));
  const config = readConfig({ ...image, ...filled });
  expect(config).toMatchObject({ databaseUrl: "postgres://atelier:secret1@postgres:5432/atelier", blobs: { folder: "/shared" } });
  if (config.role === "api") {
    expect(config.trustedProxies).toEqual(compose.networks.default.ipam.config.map(({ subnet }) => subnet));
    expect(config.publicUrl?.href).toBe("http://localhost:8080/");
  }
});

test("the other store of compose.yaml is an address that the server takes", () => {
  expect(() => variables.blobs.parse("s3://atelier")).not.toThrow();
  expect(services.filter(([, { profiles = [] }]) => profiles.includes("s3")).map(([name]) => name)).toEqual(["minio", "bucket"]);
});

test("no two servers share a data folder, and all share the store", () => {
  const mounted = servers.flatMap(([, { volumes = [] }]) => volumes.filter((volume) => volume.endsWith(":/data")));
  expect(new Set(mounted).size).toBe(servers.length);
  for (const [name, { volumes }] of servers) expect(volumes, name).toContain("shared:/shared");
});

test("compose.yaml names no service, volume or file that is missing", async () => {
  for (const [name, { volumes = [], depends_on: needed = [] }] of services) {
    for (const other of Array.isArray(needed) ? needed : Object.keys(needed)) expect(compose.services, name).toHaveProperty(other);
    for (const [source = ""] of volumes.map((volume) => volume.split(":"))) {
      if (source.startsWith("./")) await expect(access(inRoot(source)), source).resolves.toBeUndefined();
      else expect(compose.volumes, name).toHaveProperty(source);
    }
  }
});

test("a service waits only for what its condition can come true of, and not for what a profile leaves out", () => {
  for (const [name, { depends_on: needed = [], profiles = [] }] of services) {
    for (const [other, { condition, required = true }] of Array.isArray(needed) ? [] : Object.entries(needed)) {
      const dependency = compose.services[other];
      if (condition === "service_healthy") expect(dependency?.healthcheck, `${name} on ${other}`).toBeDefined();
      const isAlwaysThere = (dependency?.profiles ?? []).every((profile) => profiles.includes(profile));
      expect(isAlwaysThere || !required, `${name} on ${other}`).toBe(true);
    }
  }
});

test("API servers answer to the names of their services, which Prometheus asks", () => {
  const api = servers.filter(([, { environment }]) => environment?.ATELIER_ROLE === "api");
  expect(api.map(([, { hostname }]) => hostname)).toEqual(api.map(([name]) => name));
});

test("the address that browsers show follows the port that is published", async () => {
  const set = { ATELIER_PORT: "9000" };
  expect(filledIn(compose.services["api-1"]?.environment?.ATELIER_PUBLIC_URL ?? "", set)).toBe("http://localhost:9000");
  const published = compose.services.proxy?.ports?.map((port) => filledIn(port, set)) ?? [];
  expect(published).toEqual(["9000:8080"]);
  expect(await text("docker/Caddyfile")).toMatch(/^:8080 \{$/m);
});

test("the certificates of the proxy outlive its container", () => {
  expect(compose.services.proxy?.volumes).toContain("proxy:/data");
});

test("the proxy passes requests to the API servers alone", async () => {
  const upstreams = /reverse_proxy (.*) \{/.exec(await text("docker/Caddyfile"))?.[1]?.split(" ");
  const api = servers.filter(([, { environment }]) => environment?.ATELIER_ROLE === "api").map(([name]) => `${name}:4000`);
  expect(upstreams).toEqual(api);
});

test.skipIf(!hasCaddy)("Caddy takes its file, and drops what servers would believe of it", () => {
  const options: ExecFileSyncOptionsWithStringEncoding = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const file = ["--adapter", "caddyfile", "--config", inRoot("docker/Caddyfile")];
  expect(() => execFileSync("caddy", ["validate", ...file], options)).not.toThrow();
  const adapted = JSON.stringify(JSON.parse(execFileSync("caddy", ["adapt", ...file], options)));
  const dropped = /"headers":\{"request":\{"delete":\[([^\]]*)\]/.exec(adapted)?.[1]?.toLowerCase();
  expect(dropped).toBe('"x-request-id","traceparent","tracestate"');
});
