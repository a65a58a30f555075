import dns from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { content, DownloadRig } from "../../helpers/download-rig.js";

const rig = new DownloadRig();
/** Hosts that the proxy was asked to connect to. */
let asked: string[];
/** The first bytes that arrived for hosts with TLS, which the proxy cannot read further. */
let hellos: Buffer[];
let proxy: ReturnType<typeof createServer>;

beforeEach(async () => {
  asked = [];
  hellos = [];
  proxy = createServer((request, response) => {
    // Some clients ask for a whole address in place of a tunnel.
    asked.push(new URL(request.url ?? "").host);
    response.end(content);
  });
  proxy.on("connect", ({ url = "" }, socket, head) => {
    asked.push(url);
    if (url.endsWith(":443")) {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      socket.once("data", (hello: Buffer) => {
        hellos.push(hello);
        socket.destroy();
      });
      return;
    }
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
  vi.restoreAllMocks();
  proxy.close();
  proxy.closeAllConnections();
});

/**
 * Downloads the file with a newly loaded module, which reads the environment as a server does at its start. It is the source,
 * since a built module cannot be loaded anew.
 */
async function download(host: string): Promise<void> {
  const fresh = await import("../../../server/models/store/download.ts");
  const url = rig.server.url("weights.bin");
  url.hostname = host;
  await rig.download({ url }, fresh.download);
  await rig.expectComplete();
}

it("uses HTTP_PROXY, even for a host that only the proxy knows", async () => {
  await download("models.invalid");
  expect(asked).toEqual([`models.invalid:${new URL(rig.server.address).port}`]);
});

it("accepts a proxy without a scheme", async () => {
  vi.stubEnv("HTTP_PROXY", process.env.HTTP_PROXY?.replace("http://", ""));
  await download("models.invalid");
  expect(asked).toEqual([`models.invalid:${new URL(rig.server.address).port}`]);
});

it("reaches an https address through the tunnel of HTTPS_PROXY, whatever HTTP_PROXY says", async () => {
  vi.stubEnv("HTTPS_PROXY", process.env.HTTP_PROXY);
  vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
  const { download: fresh } = await import("../../../server/models/store/download.ts");
  const url = new URL("https://models.invalid/weights.bin");
  await expect(rig.download({ url }, fresh)).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/reached/) });
  expect(new Set(asked)).toEqual(new Set(["models.invalid:443"]));
  // A handshake of TLS, with the name of the host.
  expect(hellos[0]?.[0]).toBe(22);
  expect(hellos[0]?.includes("models.invalid")).toBe(true);
});

describe("NO_PROXY", () => {
  /** Every name is this machine. */
  beforeEach(() => {
    vi.spyOn(dns, "lookup").mockImplementation(((_name: string, options: { all?: boolean }, done: (...result: unknown[]) => void) => {
      if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
      else done(null, "127.0.0.1", 4);
    }) as typeof dns.lookup);
  });

  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["models.example", "models.example"],
    [".example", "models.example"],
    ["*.example", "models.example"],
    ["models.example:PORT", "models.example"],
    ["other.test, models.example", "models.example"],
    ["*", "models.example"],
  ])("%s leaves out %s", async (list, host) => {
    vi.stubEnv("NO_PROXY", list.replace("PORT", new URL(rig.server.address).port));
    await download(host);
    expect(asked).toEqual([]);
  });

  it.each(["other.test", "ample", "models.example:1", "x.models.example"])("%s does not leave out models.example", async (list) => {
    vi.stubEnv("NO_PROXY", list);
    await download("models.example");
    expect(asked).toEqual([`models.example:${new URL(rig.server.address).port}`]);
  });

  it("is also read in lower case, and holds for https addresses with their usual port", async () => {
    vi.stubEnv("HTTPS_PROXY", process.env.HTTP_PROXY);
    vi.stubEnv("no_proxy", "models.example:443");
    const { download: fresh } = await import("../../../server/models/store/download.ts");
    await expect(rig.download({ url: new URL("https://models.example/weights.bin") }, fresh)).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(asked).toEqual([]);
  });
});
