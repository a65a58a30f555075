import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "../server/config.js";

test("an empty environment gives the defaults", () => {
  expect(readConfig({ PATH: "/bin" })).toEqual({
    port: 4000,
    host: "127.0.0.1",
    access: "NONE",
    approval: false,
    retentionHours: null,
    oidcIssuer: null,
    oidcClientId: "atelier",
    oidcClientSecret: null,
    oidcRoleClaim: "atelier_role",
    oidcDefaultRole: null,
    publicUrl: null,
    tlsCert: null,
    tlsKey: null,
    trustedProxies: [],
    role: "all",
    databaseUrl: null,
    redisUrl: null,
    blobs: null,
    dataDir: resolve("data"),
    modelMirror: null,
    sessionBytes: 512e6,
    historyBytes: 16e9,
    ownerBytes: 4e9,
    queuedSessions: 1000,
    offline: false,
    device: "auto",
    origins: [],
    graphiql: true,
    introspection: true,
    metrics: true,
    log: "text",
  });
});

test("every variable is read", () => {
  const env = {
    PORT: "0",
    HOST: "0.0.0.0",
    ATELIER_ACCESS: "users",
    ATELIER_APPROVAL: "1",
    ATELIER_RETENTION_HOURS: "72",
    ATELIER_OIDC_ISSUER: "https://id.example/realms/studio",
    ATELIER_OIDC_CLIENT_ID: "studio",
    ATELIER_OIDC_CLIENT_SECRET: "secret",
    ATELIER_OIDC_ROLE_CLAIM: "groups",
    ATELIER_OIDC_DEFAULT_ROLE: "viewer",
    ATELIER_PUBLIC_URL: "https://atelier.example/",
    ATELIER_TLS_CERT: "package.json",
    ATELIER_TLS_KEY: "tsconfig.json",
    ATELIER_TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8",
    ATELIER_ROLE: "api",
    DATABASE_URL: "postgres://atelier:secret@db/atelier",
    REDIS_URL: "rediss://redis:6380",
    ATELIER_BLOBS: "s3://bucket/studio",
    ATELIER_DATA: "elsewhere",
    ATELIER_MODEL_MIRROR: "models",
    ATELIER_SESSION_MB: "5",
    ATELIER_HISTORY_MB: "70",
    ATELIER_OWNER_MB: "8",
    ATELIER_QUEUED_SESSIONS: "20000",
    ATELIER_OFFLINE: "1",
    ATELIER_DEVICE: "reference",
    ATELIER_ORIGINS: "https://a.example, http://b.example:8080/",
    ATELIER_GRAPHIQL: "1",
    ATELIER_INTROSPECTION: "0",
    ATELIER_METRICS: "0",
    ATELIER_LOG: "json",
  };
  expect(readConfig(env)).toEqual({
    port: 0,
    host: "0.0.0.0",
    access: "USERS",
    approval: true,
    retentionHours: 72,
    oidcIssuer: new URL("https://id.example/realms/studio"),
    oidcClientId: "studio",
    oidcClientSecret: "secret",
    oidcRoleClaim: "groups",
    oidcDefaultRole: "VIEWER",
    publicUrl: new URL("https://atelier.example"),
    tlsCert: resolve("package.json"),
    tlsKey: resolve("tsconfig.json"),
    trustedProxies: ["127.0.0.1", "10.0.0.0/8"],
    role: "api",
    databaseUrl: "postgres://atelier:secret@db/atelier",
    redisUrl: "rediss://redis:6380",
    blobs: { kind: "s3", bucket: "bucket", prefix: "studio" },
    dataDir: resolve("elsewhere"),
    modelMirror: resolve("models"),
    sessionBytes: 5e6,
    historyBytes: 70e6,
    ownerBytes: 8e6,
    queuedSessions: 20_000,
    offline: true,
    device: "reference",
    origins: ["https://a.example", "http://b.example:8080"],
    graphiql: true,
    introspection: false,
    metrics: false,
    log: "json",
  });
});

test.each([
  ["https://models.example", "https://models.example/"],
  ["http://127.0.0.1:8080/models", "http://127.0.0.1:8080/models/"],
])("a mirror may be at an address: %s", (value, address) => {
  expect(readConfig({ ATELIER_MODEL_MIRROR: value }).modelMirror).toEqual(new URL(address));
});

test("one card of several may be named", () => {
  expect(readConfig({ ATELIER_DEVICE: "cuda:1" }).device).toBe("cuda:1");
  expect(readConfig({ ATELIER_DEVICE: "cuda:0" }).device).toBe("cuda");
});

test.each([
  ["PORT", "70000", /PORT=70000 must be a port/],
  ["PORT", "4e3", /PORT=4e3 must be a port/],
  ["HOST", "0.0.0.0", /HOST=0.0.0.0 lets other machines reach the server.* ATELIER_ACCESS=link/],
  ["HOST", "studio.example", /HOST=studio.example must be localhost or an IP address/],
  ["ATELIER_APPROVAL", "yes", /ATELIER_APPROVAL=yes must be one of 0, 1/],
  ["ATELIER_APPROVAL", "1", /ATELIER_APPROVAL tells admins and others apart, so it needs ATELIER_ACCESS/],
  ["ATELIER_RETENTION_HOURS", "0.5", /must be a whole number of hours from 1 to 99999/],
  ["ATELIER_RETENTION_HOURS", "24", /ATELIER_RETENTION_HOURS tells admins and others apart/],
  ["ATELIER_ACCESS", "password", /ATELIER_ACCESS=password must be one of none, link, users/],
  ["ATELIER_ACCESS", "users", /ATELIER_ACCESS=users needs ATELIER_OIDC_ISSUER/],
  ["ATELIER_OIDC_ISSUER", "id.example", /must be an address such as/],
  ["ATELIER_OIDC_ISSUER", "http://id.example", /must begin with https/],
  ["ATELIER_OIDC_ISSUER", "https://id.example/?realm=x", /must be an address such as/],
  ["ATELIER_OIDC_DEFAULT_ROLE", "admin", /must be one of none, viewer, artist/],
  ["ATELIER_PUBLIC_URL", "https://art.example/atelier", /must not have a path/],
  ["ATELIER_PUBLIC_URL", "art.example", /must be origins/],
  ["ATELIER_PUBLIC_URL", "https://art.example", /set ATELIER_ACCESS=link too/],
  ["ATELIER_TLS_CERT", "no-such.pem", /must be a file that exists/],
  ["ATELIER_TLS_CERT", "package.json", /ATELIER_TLS_CERT and ATELIER_TLS_KEY need each other/],
  ["ATELIER_TRUSTED_PROXIES", "10.0.0.0/99", /must be IP addresses or networks/],
  ["ATELIER_TRUSTED_PROXIES", "127.0.0.1", /ATELIER_TRUSTED_PROXIES is for a proxy.*: set ATELIER_ACCESS=link too/],
  ["ATELIER_MODEL_MIRROR", "ftp://models.example", /must be a folder or an address/],
  ["ATELIER_MODEL_MIRROR", "file:///models", /must be a folder or an address/],
  ["ATELIER_MODEL_MIRROR", "https://user:secret@models.example", /must be a folder or an address/],
  ["ATELIER_MODEL_MIRROR", "https://models.example/?a=b", /must be a folder or an address/],
  ["ATELIER_MODEL_MIRROR", "no/such/folder", /must be a folder that exists/],
  ["ATELIER_MODEL_MIRROR", "package.json", /must be a folder/],
  ["ATELIER_SESSION_MB", "0", /must be a whole number of megabytes/],
  ["ATELIER_HISTORY_MB", "1.5", /must be a whole number of megabytes/],
  ["ATELIER_QUEUED_SESSIONS", "9", /must be a whole number from 10 to 100000/],
  ["ATELIER_OFFLINE", "yes", /ATELIER_OFFLINE=yes must be one of 0, 1/],
  ["ATELIER_DEVICE", "gpu", /ATELIER_DEVICE=gpu must be one of auto, cpu, webgpu, cuda, tfjs, reference, or cuda:1/],
  ["ATELIER_DEVICE", "cuda:01", /must be one of .*, or cuda:1 for a second card/],
  ["ATELIER_DEVICE", "cuda:-1", /must be one of/],
  ["ATELIER_DEVICE", "webgpu:1", /must be one of/],
  ["ATELIER_ORIGINS", "studio.example", /must be origins/],
  ["ATELIER_ORIGINS", "https://studio.example/page", /must be origins/],
  [
    "ATELIER_ORIGINS",
    "http://localhost:3000,https://a.example",
    /ATELIER_ORIGINS=https:\/\/a\.example .*ATELIER_PUBLIC_URL .*: set ATELIER_ACCESS=link too/,
  ],
  ["ATELIER_ORIGINS", "http://127.0.0.1.a.example", /set ATELIER_ACCESS=link too/],
  ["ATELIER_DATEN", "x", /Unknown environment variable ATELIER_DATEN/],
])("%s=%s stops the start", (name, value, message) => {
  expect(() => readConfig({ [name]: value })).toThrow(message);
});

test("what lets other machines in needs access control, and what is of this machine alone does not", () => {
  const pages = { ATELIER_ORIGINS: "http://localhost:3000, http://127.0.0.1:5173,http://[::1]:8080" };
  expect(readConfig({ ...pages, ATELIER_PUBLIC_URL: "http://localhost:8080" })).toMatchObject({ access: "NONE", origins: { length: 3 } });
  const others = { ATELIER_ORIGINS: "https://a.example", ATELIER_TRUSTED_PROXIES: "127.0.0.1", ATELIER_PUBLIC_URL: "https://b.example" };
  expect(readConfig({ ...others, ATELIER_ACCESS: "link" })).toMatchObject({ access: "LINK", origins: ["https://a.example"] });
});

test.each([
  [{}, true],
  [{ ATELIER_GRAPHIQL: "auto" }, true],
  [{ ATELIER_GRAPHIQL: "0" }, false],
  [{ ATELIER_ACCESS: "link" }, false],
  [{ ATELIER_ACCESS: "link", ATELIER_GRAPHIQL: "1" }, true],
  [{ ATELIER_ACCESS: "users", ATELIER_OIDC_ISSUER: "https://id.example" }, false],
  [{ ATELIER_ACCESS: "users", ATELIER_OIDC_ISSUER: "https://id.example", ATELIER_GRAPHIQL: "1" }, true],
])("with access control, browsers get GraphiQL only where it is asked for: %j", (env, expected) => {
  expect(readConfig(env).graphiql).toBe(expected);
});

test("engines that processes share need each other, and the roles need them", () => {
  const shared = { DATABASE_URL: "postgres://db/atelier", REDIS_URL: "redis://redis", ATELIER_BLOBS: "/srv/atelier" };
  for (const role of ["all", "api", "worker"]) expect(readConfig({ ...shared, ATELIER_ROLE: role }).role).toBe(role);
  expect(() => readConfig({ ATELIER_ROLE: "worker" })).toThrow("set DATABASE_URL and REDIS_URL and ATELIER_BLOBS too");
  expect(() => readConfig({ DATABASE_URL: shared.DATABASE_URL })).toThrow("set REDIS_URL and ATELIER_BLOBS too");
  expect(() => readConfig({ ...shared, ATELIER_BLOBS: "blobs" })).toThrow("absolute path of a shared folder, or s3://bucket/prefix");
  // A worker shows others nothing but its health.
  expect(readConfig({ ...shared, ATELIER_ROLE: "worker", HOST: "0.0.0.0" }).host).toBe("0.0.0.0");
});

test.each([
  ["DATABASE_URL", "mysql://root:hush@db"],
  ["REDIS_URL", "hush"],
  ["DATABASE_URL", "postgres:hush"],
  ["ATELIER_MODEL_MIRROR", "https://user:hush@models.example"],
  ["ATELIER_MODEL_MIRROR", "https://hush@models.example/atelier"],
  ["ATELIER_MODEL_MIRROR", "https://models.example/?token=hush"],
  ["ATELIER_MODEL_MIRROR", "https://models.example/#hush"],
  ["ATELIER_MODEL_MIRROR", "ftp://user:hush@models.example"],
  ["ATELIER_MODEL_MIRROR", "user:hush@models.example/atelier"],
  ["ATELIER_MODEL_MIRROR", "https://user:hush@models example"],
  ["ATELIER_OIDC_ISSUER", "https://user:hush@id.example"],
  ["ATELIER_OIDC_ISSUER", "https://id.example/?key=hush"],
  ["ATELIER_PUBLIC_URL", "https://user:hush@art.example"],
  ["ATELIER_PUBLIC_URL", "https://art.example/open#hush"],
  ["ATELIER_ORIGINS", "https://a.example, https://user:hush@b.example"],
  ["ATELIER_BLOBS", "s3://key:hush@bucket"],
  ["ATELIER_BLOBS", "https://s3.example/bucket?signature=hush"],
])("%s=%s is refused and not repeated: it may hold a secret", (name, value) => {
  const read = () => readConfig({ [name]: value });
  expect(read).toThrow(new RegExp(`^${name} (must|is no address)`));
  expect(read).not.toThrow("hush");
});
