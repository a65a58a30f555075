import { openObjective } from "../art/objective.js";
import type { Engine } from "../engine/engine.js";
import { newConvolutions } from "../records/convolutions.js";
import type { SpeedTimes } from "./messages.js";
import { openScene, type Scene, type SceneSize, used } from "./test-scene.js";

/**
 * What is timed: two cores take 65 ms for it, a third of a step of VGG-19 at 256 px. A smaller loss would time how long a
 * driver takes to start its kernels, and refuse fast cards.
 */
const timedScene: SceneSize = { widths: [64, 128, 256], height: 256, width: 256 };

/** Before that, a device shows with a small loss that it is no driver that computes on the processor. */
const smallScene: SceneSize = { widths: [16, 32, 64], height: 64, width: 64 };

/** Time of the small loss, ms, above which a device is not timed with the large one unless the processor is as slow. */
const HOPELESS_MS = 100;

/** Timed runs, of which the fastest counts. */
const RUNS = 3;

/** Times a loss and its gradient on a device and on the processor, each in its fastest way. @throws what the engines throw. */
export async function speedTest(device: Engine, processor: Engine): Promise<SpeedTimes> {
  const small = await timesOf(await openScene(processor, smallScene), device, processor, 1);
  if (small.ms > HOPELESS_MS && small.ms > small.processorMs) return small;
  return timesOf(await openScene(processor, timedScene), device, processor, RUNS);
}

async function timesOf(scene: Scene, device: Engine, processor: Engine, runs: number): Promise<SpeedTimes> {
  return { ms: await fastest(device, scene, runs), processorMs: await fastest(processor, scene, runs) };
}

async function fastest(engine: Engine, { objective, inputs }: Scene, runs: number): Promise<number> {
  return used(await openObjective(engine, objective, newConvolutions), async (program) => {
    // The first run compiles.
    await program.run(inputs);
    let ms = Number.POSITIVE_INFINITY;
    for (let run = 0; run < runs; run++) {
      const began = performance.now();
      await program.run(inputs);
      ms = Math.min(ms, performance.now() - began);
    }
    return ms;
  });
}
