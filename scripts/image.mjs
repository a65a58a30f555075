/**
 * Runs what the Dockerfile says in clean folders, without a container engine: the packages are installed and everything is
 * built as in an image, then the server is started there and asked for its health.
 *
 *   npm run image
 *
 * Instructions for the system (apt-get, chown) and the stages of CUDA are left out.
 */
import "./node-version.mjs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { copyOf, environmentOf, isInContext, stagesOf } from "./image/dockerfile.mjs";
import { inRoot, root } from "./root.mjs";

/** The stages of the image that needs no card. */
const STAGES = ["build", "packages", "runtime"];
/** How long the server may take to answer, ms. */
const START_MS = 60_000;

/**
 * @param {string} command
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 */
async function run(command, cwd, env) {
  console.log(`\n$ ${command}`);
  const [code] = await once(spawn(command, { cwd, env, shell: true, stdio: "inherit" }), "close");
  if (code !== 0) throw new Error(`${command} ended with exit code ${code}`);
}

/**
 * Copies as COPY does: a folder's content, or files into a folder.
 * @param {string} source
 * @param {string} to
 * @param {string} ignoreText
 */
async function copy(source, to, ignoreText) {
  const isFolder = (await stat(source)).isDirectory();
  const target = !isFolder && to.endsWith("/") ? join(to, basename(source)) : to;
  const filter = (/** @type {string} */ path) => {
    const inside = relative(root, path).replaceAll("\\", "/");
    return inside.startsWith("..") || isInContext(ignoreText, inside);
  };
  await cp(source, target, { recursive: true, filter, verbatimSymlinks: true });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/**
 * Starts the server of an image until it is healthy, and stops it.
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 * @param {string} command
 * @param {string} health
 */
async function serve(cwd, env, command, health) {
  const [program = "", ...args] = JSON.parse(command);
  const server = spawn(program, args, { cwd, env, stdio: "inherit" });
  const ended = once(server, "close");
  try {
    for (const end = Date.now() + START_MS; ; await delay(500)) {
      const [healthProgram = "", ...healthArgs] = JSON.parse(health);
      const [code] = await once(spawn(healthProgram, healthArgs, { cwd, env, stdio: "ignore" }), "close");
      if (code === 0) return;
      if (server.exitCode !== null || Date.now() > end) throw new Error("The server is not healthy.");
    }
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

const folder = await mkdtemp(join(tmpdir(), "atelier-image-"));
try {
  const ignoreText = await readFile(inRoot(".dockerignore"), "utf8");
  const stages = stagesOf(await readFile(inRoot("Dockerfile"), "utf8"));
  const { PATH, HOME, SystemRoot } = process.env;
  /** @type {NodeJS.ProcessEnv} */
  let env = { PATH, HOME, SystemRoot };
  let health = "";
  for (const { name, instructions } of stages.filter((stage) => STAGES.includes(stage.name))) {
    const here = join(folder, name);
    await mkdir(here);
    for (const { name: instruction, text } of instructions) {
      if (instruction === "RUN" && /^(npm|node) /.test(text)) await run(text, here, env);
      else if (instruction === "ENV") env = { ...env, ...environmentOf(text) };
      else if (instruction === "HEALTHCHECK") health = text.slice(text.indexOf("["));
      else if (instruction === "COPY") {
        const { from, sources, to } = copyOf(text);
        for (const source of sources) {
          const path = from === null ? inRoot(source) : join(folder, from, relative("/app", source));
          await copy(path, to === "./" ? `${here}/` : join(here, to), from === null ? ignoreText : "");
        }
      } else if (instruction === "CMD") {
        const data = join(folder, "data");
        await mkdir(data);
        const settings = { ...env, HOST: "127.0.0.1", PORT: String(await freePort()), ATELIER_DATA: data, ATELIER_OFFLINE: "1" };
        await serve(here, settings, text, health);
      }
    }
  }
  console.log("\nThe server of the image is healthy.");
} finally {
  await rm(folder, { recursive: true, force: true });
}
