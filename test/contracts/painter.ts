import { describe, expect, test } from "vitest";
import { CheckpointError, nextPainting, type PaintedStep, type Painter, type PainterFactory } from "../../server/art/painter.js";
import type { PaintedWork } from "../../server/art/work.js";

/** One kind of painter, for the suite. */
export interface PainterCase {
  name: string;
  createFactory(): Promise<PainterFactory>;
  /** A short piece of work; `lastStep` is the step of its last picture. */
  work(): Promise<PaintedWork>;
  lastStep: number;
}

/** What callers may rely on with any painter. */
export function painterContract({ name, createFactory, work, lastStep }: PainterCase): void {
  describe(`painter: ${name}`, () => {
    test("paints every step once, in order, and marks the last", async () => {
      const paintings = await paintAll(await createFactory(), await work());
      expect(paintings.map(({ step }) => step)).toEqual(Array.from({ length: lastStep + 1 }, (_, step) => step));
      expect(paintings.map(({ last }) => last)).toEqual(paintings.map(({ step }) => step === lastStep));
    });

    test("gives planes of the stated size with finite values, and a compute time", async () => {
      for (const { planes, computeMs } of await paintAll(await createFactory(), await work())) {
        expect(planes.data).toHaveLength(3 * planes.width * planes.height);
        expect(planes.data.every(Number.isFinite)).toBe(true);
        expect(computeMs).toBeGreaterThan(0);
      }
    });

    test("gives the same bytes for the same work", async () => {
      const [once, again] = [await paintAll(await createFactory(), await work()), await paintAll(await createFactory(), await work())];
      expect(again.map(({ planes }) => planes)).toEqual(once.map(({ planes }) => planes));
    });

    test("continues from a checkpoint of any step to the same pictures", async () => {
      const whole = await paintAll(await createFactory(), await work());
      for (const stop of [0, Math.floor(lastStep / 2), Math.max(0, lastStep - 1)]) {
        const factory = await createFactory();
        const first = await factory.open(await work(), null);
        while (first.nextStep <= stop) await first.paint();
        const checkpoint = first.checkpoint();
        await first.close();
        const second = await factory.open(await work(), checkpoint);
        expect(second.nextStep).toBe(stop);
        expect(await rest(second)).toEqual(whole.slice(stop).map(withoutTime));
        await factory.close();
      }
    });

    test("paints two pieces of work in turns exactly as it paints each alone", async () => {
      const alone = await paintAll(await createFactory(), await work());
      const factory = await createFactory();
      const [a, b] = [await factory.open(await work(), null), await factory.open(await work(), null)];
      const paintings: PaintedStep[] = [];
      for (let step = 0; step <= lastStep; step++) {
        paintings.push(await nextPainting(a));
        await nextPainting(b);
      }
      await a.close();
      await b.close();
      expect(paintings.map(withoutTime)).toEqual(alone.map(withoutTime));
      await factory.close();
    });

    test("a damaged checkpoint is refused", async () => {
      const factory = await createFactory();
      await expect(factory.open(await work(), Uint8Array.of(1, 2, 3))).rejects.toThrow(CheckpointError);
      await factory.close();
    });
  });
}

/** Paints every picture of a work, and closes the factory. */
export async function paintAll(factory: PainterFactory, work: PaintedWork): Promise<PaintedStep[]> {
  const painter = await factory.open(work, null);
  const paintings: PaintedStep[] = [];
  do paintings.push(await nextPainting(painter));
  while (!paintings.at(-1)!.last);
  await painter.close();
  await factory.close();
  return paintings;
}

async function rest(painter: Painter) {
  const paintings: PaintedStep[] = [];
  do paintings.push(await nextPainting(painter));
  while (!paintings.at(-1)!.last);
  await painter.close();
  return paintings.map(withoutTime);
}

function withoutTime({ computeMs: _, ...painting }: PaintedStep) {
  return painting;
}
