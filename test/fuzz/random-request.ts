import { routePolicy } from "../../server/access/policy.js";
import type { Random } from "./random.js";
import type { Known, RandomValues } from "./random-values.js";

export interface HttpRequest {
  method: string;
  /** With its query; parts are percent-encoded, or are left as they are. */
  path: string;
  headers: Record<string, string>;
  body: Uint8Array | null;
}

/** What the addresses below these folders identify. */
const kinds: Record<string, keyof Known> = { images: "image", frames: "session", sessions: "session", exports: "export", models: "model" };
const queries = ["", "", "", "?w=64", "?w=-1", "?w=99999999999", "?beside=x", "?format=png&size=1", "?__proto__=1&w[]=2", "?w=64&w=128"];
const otherMethods = ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST"];

/** Makes requests to the addresses beside `/graphql`. */
export class RandomRequests {
  constructor(
    private readonly random: Random,
    private readonly values: RandomValues,
    private readonly picture: Uint8Array,
  ) {}

  next(): HttpRequest {
    const [method = "GET", address = "/"] = this.random.pick([...Object.keys(routePolicy), "GET /access", "POST /access"]).split(" ");
    const path = address.replaceAll(/:(\w+)/g, (_, name: string) => this.part(name, address)) + this.random.pick(queries);
    const chosen = this.random.chance(0.1) ? this.random.pick(otherMethods) : method;
    const body = chosen === "GET" || chosen === "HEAD" ? null : this.body(address);
    return { method: chosen, path, headers: body ? { "Content-Type": this.contentType(address) } : {}, body };
  }

  private part(name: string, address: string): string {
    if (name === "step" && this.random.chance(0.8)) return "0";
    if (name === "format" && this.random.chance(0.8)) return this.random.pick(["png", "jpg", "webp", "mp4"]);
    const text = this.values.id(kinds[address.split("/")[1] ?? ""] ?? null);
    const isPlain = /^[\w./-]+$/.test(text);
    // A lone surrogate has no percent-encoding.
    return isPlain ? text : encodeURIComponent(Buffer.from(text).toString());
  }

  private body(address: string): Uint8Array {
    if (address === "/access") return Buffer.from(JSON.stringify({ secret: this.values.text() }));
    return this.random.pick([this.picture, this.picture.subarray(0, 60), new Uint8Array(0), Buffer.from("<svg onload=alert(1)>")]);
  }

  private contentType(address: string): string {
    const right = address === "/access" ? "application/json" : "image/png";
    return this.random.chance(0.7)
      ? right
      : this.random.pick(["multipart/form-data", "text/plain", "image/svg+xml", "a", "application/json"]);
  }
}
