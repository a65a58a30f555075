import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { type DecoderLimits, decoderLimits, openPictureDecoder, type PictureDecoder } from "../../server/pictures/decoder.js";

const pictureLimits = { maxImagePixels: 60e6, maxJpegPixels: 210e6, minImageSide: 16 };
const usual = decoderLimits(64e9);

let decoder: PictureDecoder | null = null;
const open = (changes: Partial<DecoderLimits> = {}) => {
  decoder = openPictureDecoder({ ...usual, ...changes });
  return decoder;
};
afterEach(() => decoder?.close());

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#c84" }, limitInputPixels: false });

describe("a decoder", () => {
  it.each([
    [50, 8192, 6144],
    [200, 16_384, 12_288],
  ])("shrinks a phone's photo of %i megapixels while it loads it, in 300 MB", async (_megapixels, width, height) => {
    const photo = await plain(width, height).withIccProfile("p3").withMetadata({ orientation: 6 }).jpeg({ quality: 50 }).toBuffer();
    const small = open({ memoryBytes: 300e6 });
    expect(await small.inspect(photo, pictureLimits)).toEqual({ width: height, height: width });
    const copy = await sharp(await small.shrink(photo, { width: 48, height: 64 })).metadata();
    expect(copy).toMatchObject({ format: "webp", width: 48, height: 64 });
    expect(copy).not.toHaveProperty("exif");
    expect(copy).not.toHaveProperty("icc");
  });

  it("refuses a picture that takes too much memory, and decodes the next one", async () => {
    const large = await plain(12_000, 9000).jpeg({ progressive: true, chromaSubsampling: "4:4:4", quality: 50 }).toBuffer();
    const small = open({ memoryBytes: 350e6 });
    const [refused, accepted] = await Promise.allSettled([
      small.inspect(large, pictureLimits),
      small.inspect(await plain(64, 48).png().toBuffer(), pictureLimits),
    ]);
    expect(refused).toMatchObject({
      reason: { code: "LIMIT", message: expect.stringContaining("more than 350 MB of memory"), detail: { field: "file", max: 350e6 } },
    });
    expect(accepted).toMatchObject({ value: { width: 64, height: 48 } });
    expect(await small.inspect(await plain(32, 32).png().toBuffer(), pictureLimits)).toEqual({ width: 32, height: 32 });
  });

  it.each([
    ["of a processor", { cpuMs: 20 }],
    ["on the clock", { clockMs: 20 }],
  ])("refuses a picture that takes too long %s, and decodes the next one", async (_clock, changes) => {
    const slow = await plain(7000, 7000).png({ progressive: true, compressionLevel: 1 }).toBuffer();
    await expect(open(changes).inspect(slow, pictureLimits)).rejects.toMatchObject({ code: "LIMIT", detail: { field: "file" } });
    await decoder?.close();
    expect(await open().inspect(await plain(32, 32).png().toBuffer(), pictureLimits)).toEqual({ width: 32, height: 32 });
  });

  it.skipIf(process.platform === "win32")("replaces a process that stops, and asks for the picture again", async () => {
    const stopping = open({ silentMs: 2000 });
    const small = await plain(32, 32).png().toBuffer();
    await stopping.inspect(small, pictureLimits);
    const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
    const own = processes
      .map((line) => line.trim().split(/\s+/))
      .filter(([, parent, ...args]) => {
        return Number(parent) === process.pid && args.some((arg) => arg.includes("decoder-main"));
      });
    for (const [pid] of own) process.kill(Number(pid), "SIGSTOP");
    await expect(stopping.inspect(small, pictureLimits)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await stopping.inspect(small, pictureLimits)).toEqual({ width: 32, height: 32 });
  });

  it("takes a picture at the moment at which its idle process is ended", async () => {
    const idleMs = 20;
    const ending = open({ idleMs });
    const small = await plain(32, 32).png().toBuffer();
    for (let time = 0; time < 3; time++) {
      expect(await ending.inspect(small, pictureLimits)).toEqual({ width: 32, height: 32 });
      // Ends right after the timer of the process, which began before it.
      await delay(idleMs);
    }
  });

  it("refuses a bomb by its header", async () => {
    const bomb = await plain(64, 64).jpeg().toBuffer();
    const frame = bomb.indexOf(Buffer.from([0xff, 0xc0]));
    bomb.writeUInt16BE(16_000, frame + 5);
    bomb.writeUInt16BE(16_000, frame + 7);
    await expect(open().inspect(bomb, pictureLimits)).rejects.toMatchObject({
      code: "LIMIT",
      message: "The picture has 16000 x 16000 pixels; at most 210000000 pixels are accepted.",
      detail: { field: "file", max: 210e6 },
    });
  });

  it("names the limit of other formats beside that of a JPEG", async () => {
    const limits = { maxImagePixels: 100, maxJpegPixels: 1000, minImageSide: 1 };
    const [png, jpeg] = [await plain(20, 20).png().toBuffer(), await plain(20, 20).jpeg().toBuffer()];
    await expect(open().inspect(png, limits)).rejects.toMatchObject({
      message: "The picture has 20 x 20 pixels; at most 100 pixels are accepted (in a JPEG, 1000).",
    });
    expect(await open().inspect(jpeg, limits)).toEqual({ width: 20, height: 20 });
  });

  it("that is closed ends the picture in work, and takes no other", async () => {
    const photo = await plain(4000, 3000).png().toBuffer();
    const closing = open();
    const [work] = await Promise.allSettled([closing.inspect(photo, pictureLimits), closing.close()]);
    expect(work).toMatchObject({ reason: { code: "UNAVAILABLE" } });
    await expect(closing.inspect(photo, pictureLimits)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
