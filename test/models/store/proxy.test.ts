import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { content, DownloadRig } from "../../helpers/download-rig.js";

const rig = new DownloadRig();
/** Hosts that the proxy was asked to connect to. */
let asked: string[];
let proxy: ReturnType<typeof createServer>;

beforeEach(async () => {
  asked = [];
  proxy = createServer((request, response) => {
    // Some clients ask for a whole address in place of a tunnel.
    asked.push(new URL(request.url ?? "").host);
    response.end(content);
  });
  proxy.on("connect", ({ url = "" }, socket, head) => {
    asked.push(url);
    const onward = connect(Number(new URL(rig.server.address).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on("error", () => [socket, onward].map((one) => one.destroy()));
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  for (const name of ["http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY"]) vi.stubEnv(name, undefined);
  vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllEnvs();
  proxy.close();
  proxy.closeAllConnections();
});

/** Downloads the file with a newly loaded module, which reads the environment as a server does at its start. */
async function download(host: string): Promise<void> {
  const fresh = await import("../../../server/models/store/download.js");
  const url = rig.server.url("weights.bin");
  url.hostname = host;
  await rig.download({ url }, fresh.download);
  await rig.expectComplete();
}

it("uses HTTP_PROXY, even for a host that only the proxy knows", async () => {
  await download("models.invalid");
  expect(asked).toEqual([`models.invalid:${new URL(rig.server.address).port}`]);
});

it("does not use the proxy for the hosts in NO_PROXY", async () => {
  vi.stubEnv("NO_PROXY", "example.org,127.0.0.1");
  await download("127.0.0.1");
  expect(asked).toEqual([]);
});
