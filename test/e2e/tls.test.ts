import { expect, test } from "vitest";
import { certificateOfFile, noCertificates } from "../helpers/certificate.js";
import { describeStudio } from "../helpers/studio.js";
import { startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

const certificate = certificateOfFile();
const variables = () => ({ ATELIER_ACCESS: "link", ...certificate() });
const options = { variables, camera: true, flags: ["--ignore-certificate-errors"], missing: noCertificates };

describeStudio("a server with a certificate, in a browser", options, (studio) => {
  test("a link opens it with a secure cookie, frames come over a secure WebSocket, and the camera works", async () => {
    const { page, complaints } = await studio.open();
    const sockets = new Set<string>();
    let frames = 0;
    page.on("websocket", (socket) => {
      sockets.add(new URL(socket.url()).protocol);
      socket.on("framereceived", ({ payload }) => {
        if (String(payload).includes('"step":')) frames++;
      });
    });
    const greeting = () => /https:\/\/[^#\s]+(\/open#[\w-]{32})/.exec(studio.server.process.output)?.[1] ?? "";
    await expect.poll(greeting).not.toBe("");
    await page.goto(greeting());
    await page.getByRole("link", { name: "First admin · Admin" }).waitFor();
    expect(new URL(page.url()).protocol).toBe("https:");
    expect(await page.context().cookies()).toMatchObject([{ name: "__Host-atelier", secure: true, httpOnly: true, sameSite: "Strict" }]);

    await startPainting(page, { photo: "Allium", style: "Night wind", steps: 60, size: 64 });
    await expect.poll(() => frames).toBeGreaterThan(0);
    await waitForStatus(page, "Finished");
    await waitForStep(page, 60);
    expect([...sockets]).toEqual(["wss:"]);

    await page.goto("/live");
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForFunction(() => document.querySelector<HTMLCanvasElement>("[data-testid=live-result]")?.width !== 4);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText(/^Press Start/).waitFor();
    expect(complaints).toEqual([]);
  });
});
