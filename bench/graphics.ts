/**
 * A graphics card: one VGG-19 loss and gradient at several sizes, in turns with PyTorch 2 on the same card where it can
 * use it, steps of whole paintings, memory of the card, and the bundled generators.
 *
 *   PYTHON=... npx tsx bench/graphics.ts webgpu|cuda|cuda:1 [sizes, px ...]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { openFeatureNetwork } from "../server/art/feature-network.js";
import { openGeneratorProgram } from "../server/art/generator.js";
import { nextPainting } from "../server/art/painter.js";
import { createStyleTransferFactory } from "../server/art/style-transfer.js";
import { environmentOf } from "../server/device/environment.js";
import { openEngine } from "../server/device/machine.js";
import { type DeviceName, isDeviceChoice } from "../server/device/messages.js";
import type { Engine } from "../server/engine/engine.js";
import { tensor } from "../server/graph/tensor.js";
import { openGenerator } from "../server/models/generators.js";
import { openRegistry } from "../server/models/registry.js";
import { rootFolder } from "../server/paths.js";
import { defaultSettings } from "../server/records/settings.js";
import { type Evaluated, openScene } from "./loss-gradient-scene.js";
import { Peer } from "./peer.js";
import { pythonWithTorch } from "./python.js";
import { atLeast, type Measurement, recordResults } from "./results.js";
import { featureNetworkIn, requireModelMirror, sampleWork } from "./sample-work.js";
import { median, rounded } from "./statistics.js";

const rounds = 11;
/** Steps of a painting: the first ones, which compile, are not counted. */
const [warmUp, counted] = [3, 30];
/** Steps per second at this size, px, that are the aim. */
const aim = { size: 512, stepsPerSecond: 60 };

const [device = "webgpu", ...more] = process.argv.slice(2);
const sizes = more.length > 0 ? more.map(Number) : [256, 512, 1024];
if (!isDeviceChoice(device) || device === "auto") throw new Error(`There is no device "${device}".`);

// The loader of libraries reads its variables when a process starts.
const environment = environmentOf(device);
if (Object.entries(environment).every(([name, value]) => process.env[name] === value)) await measure(device);
else {
  const again = [...process.execArgv, ...process.argv.slice(1)];
  process.exitCode = spawnSync(process.execPath, again, { stdio: "inherit", env: { ...process.env, ...environment } }).status ?? 1;
}

async function measure(name: DeviceName): Promise<void> {
  const { engine, speed, memoryBytes } = await openEngine(name);
  console.log(`${engine.description}; memory ${memoryBytes ?? "unknown"} bytes; a loss of the test ${JSON.stringify(speed)}`);
  const measurements: Measurement[] = [];
  for (const size of sizes) measurements.push(...(await lossAndGradient(engine, size)), ...(await painting(engine, size)));
  measurements.push(...(await generators(engine)));
  await engine.close();
  await recordResults(measurements, `npx tsx bench/graphics.ts ${process.argv.slice(2).join(" ")}`);
}

async function lossAndGradient(engine: Engine, size: number): Promise<Measurement[]> {
  const weightsFile = join(requireModelMirror(), "vgg19", "vgg19.safetensors");
  const network = await openFeatureNetwork({ id: "vgg19", path: weightsFile, architecture: { family: "vgg19" } });
  const ours = await openScene(engine, network, size, "DIRECT");
  const peer = torchOnCard()
    ? new Peer(pythonWithTorch(), [join(import.meta.dirname, "loss_gradient_torch.py"), weightsFile, String(size), "1", "cuda"])
    : null;
  const { name: peerName } = peer ? await peer.reply<{ name: string }>() : { name: "" };
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const [mine, other] = [await ours(), await peer?.run<Evaluated>()];
    // The first round compiles.
    if (round > 0) own.push(mine.ms);
    if (round > 0 && other) theirs.push(other.ms);
  }
  peer?.close();
  const value = rounded(median(own));
  const ratio = theirs.length > 0 ? rounded(median(theirs) / value) : null;
  return [{ bench: `VGG-19 loss and gradient on ${engine.device}, ${size} px`, peer: peerName, ratio, value, unit: "ms" }];
}

async function painting(engine: Engine, size: number): Promise<Measurement[]> {
  const network = await featureNetworkIn(join(requireModelMirror(), "vgg19"));
  const settings = { ...defaultSettings({ size }), size, scales: 1, steps: warmUp + counted };
  const before = usedMiB();
  const painter = await createStyleTransferFactory(engine).open({ ...(await sampleWork("alps.jpg", settings)), network }, null);
  let began = 0;
  for (let step = 0; step < warmUp + counted; step++) {
    if (step === warmUp) began = performance.now();
    await nextPainting(painter);
  }
  const perSecond = (1000 * counted) / (performance.now() - began);
  const used = usedMiB();
  await painter.close();
  const bench = `steps of a painting on ${engine.device}, ${size} px`;
  const steps = { bench, peer: "", ratio: null, value: rounded(perSecond), unit: "steps/s" };
  return [
    size === aim.size ? atLeast(bench, perSecond, aim.stepsPerSecond, "steps/s") : steps,
    ...(before === null || used === null
      ? []
      : [{ bench: `memory of a painting on ${engine.device}, ${size} px`, peer: "", ratio: null, value: used - before, unit: "MiB" }]),
  ];
}

async function generators(engine: Engine): Promise<Measurement[]> {
  const size = 256;
  const registry = await openRegistry({ bundledDir: join(rootFolder, "models", "bundled"), mirrorDir: null });
  const picture = tensor(
    [1, 3, size, size],
    Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i / 37)),
  );
  const measurements: Measurement[] = [];
  for (const { id, task } of await registry.list()) {
    if (task !== "TRANSLATION") continue;
    const { card, path } = await registry.file(id);
    if (!card.translation) throw new Error(`The card of ${id} does not say how pictures go in.`);
    const program = await openGeneratorProgram(
      engine,
      { id, path, architecture: card.architecture, form: card.translation },
      openGenerator,
    );
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const began = performance.now();
      await program.run(picture);
      if (round > 0) times.push(performance.now() - began);
    }
    measurements.push({ bench: `${id} on ${engine.device}, ${size} px`, peer: "", ratio: null, value: rounded(median(times)), unit: "ms" });
  }
  return measurements;
}

/** Whether PyTorch can use a card here. */
function torchOnCard(): boolean {
  const { stdout } = spawnSync(process.env.PYTHON ?? "python3", ["-c", "import torch; print(torch.cuda.is_available())"], {
    encoding: "utf8",
  });
  return stdout?.trim() === "True";
}

/** Memory in use on the first card of NVIDIA, MiB; null without one. */
function usedMiB(): number | null {
  try {
    return Number.parseInt(
      execFileSync("nvidia-smi", ["--query-gpu=memory.used", "--format=csv,noheader,nounits"], { encoding: "utf8" }),
      10,
    );
  } catch {
    return null;
  }
}
