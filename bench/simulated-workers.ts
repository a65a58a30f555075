/** A process with some workers of bench/fleet-simulation.ts. It prints a line when they work, and what they did when its input ends. */
import { once } from "node:events";
import { hireWorker, type SharedPlaces, type WorkOptions } from "../test/helpers/simulated-worker.js";

const { workers, shared, options } = JSON.parse(process.argv[2] ?? "") as { workers: number; shared: SharedPlaces; options: WorkOptions };
const hired = await Promise.all(Array.from({ length: workers }, () => hireWorker(shared, options)));
process.stdout.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
process.stdout.write(`${JSON.stringify(await Promise.all(hired.map((worker) => worker.leave())))}\n`);
