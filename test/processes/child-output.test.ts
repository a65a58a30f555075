import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ChildOutput } from "../../server/processes/child-output.js";
import { until } from "../helpers/until.js";

test("lines are passed on whole, however they arrive, and blank ones are left out", async () => {
  const [stream, lines] = [new PassThrough(), [] as string[]];
  new ChildOutput([null, stream], (line) => lines.push(line));
  const bytes = Buffer.from("one\r\n\n  \ntwo: Größe\nlast");
  for (const byte of bytes) stream.write(Buffer.from([byte]));
  stream.end();
  await until(() => lines.includes("last"));
  expect(lines).toEqual(["one", "two: Größe", "last"]);
});

test("a line without an end takes bounded memory", async () => {
  const [stream, lines] = [new PassThrough(), [] as string[]];
  new ChildOutput([stream], (line) => lines.push(line));
  for (let i = 0; i < 50; i++) stream.write("x".repeat(100));
  await until(() => lines.length === 2);
  expect(lines.map(({ length }) => length)).toEqual([2000, 2000]);
});

test("the end of the output says whether memory ran out", async () => {
  const [stream, lines] = [new PassThrough(), [] as string[]];
  const output = new ChildOutput([stream], (line) => lines.push(line));
  expect(output.saysOutOfMemory()).toBe(false);
  stream.write("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n");
  await until(() => lines.length === 1);
  expect(output.saysOutOfMemory()).toBe(true);
});
