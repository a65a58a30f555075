import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

test.skipIf(process.platform === "win32")("a process ends when the shell in which npm runs it has ended", async () => {
  const script = pathToFileURL("scripts/end-with-npm.mjs").href;
  const program = `
    import(${JSON.stringify(script)}).then(({ endWithNpm }) => { endWithNpm(); console.log(process.pid); });
    process.once("SIGTERM", () => { console.log("ended"); process.exit(); });
    setInterval(() => {}, 1000);
  `;
  // The trailing command keeps the shell from replacing itself by node: npm's shell does not do that either.
  const shell = spawn("sh", ["-c", `"$0" -e "$1"; true`, process.execPath, program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, npm_lifecycle_event: "start" },
  });
  let output = "";
  shell.stdout.on("data", (data) => {
    output += data;
    if (output.endsWith("\n") && !output.includes("ended")) shell.kill("SIGTERM");
  });
  await once(shell.stdout, "close");
  expect(output).toMatch(/^\d+\nended\n$/);
});
