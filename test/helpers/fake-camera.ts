import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const WIDTH = 160;
const HEIGHT = 120;

/** Chromium's flags for a camera that shows `film` and that pages may use without asking. */
export function fakeCameraFlags(film: string): string[] {
  return ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
}

/** Writes a film (YUV4MPEG2, 4:2:0, 20 pictures a second) of a bright bar that moves over a dark ground; returns its path. */
export async function writeFilm(folder: string): Promise<string> {
  const path = join(folder, "camera.y4m");
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F20:1 Ip A1:1 C420\n`)];
  for (let frame = 0; frame < 20; frame++) {
    const luma = Buffer.alloc(WIDTH * HEIGHT, 60);
    for (let y = 0; y < HEIGHT; y++) luma.fill(220, y * WIDTH + frame * 8, y * WIDTH + Math.min(WIDTH, frame * 8 + 16));
    parts.push(Buffer.from("FRAME\n"), luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128));
  }
  await writeFile(path, Buffer.concat(parts));
  return path;
}
