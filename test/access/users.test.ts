import { createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { hashSecret } from "../../server/access/secrets.js";
import { type RunningApp, startApp } from "../helpers/app.js";
import { CookieBrowser, type Landing } from "../helpers/cookie-browser.js";
import { eventually } from "../helpers/eventually.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { type Account, IdentityProvider } from "../helpers/identity-provider.js";
import { pngPicture } from "../helpers/pictures.js";

const ACCESS = "{ server { access { mode role name expiresAt } } }";
let provider: IdentityProvider;
let running: RunningApp;
/** One that lets in people without a role. */
let lenient: RunningApp;
const warnings: string[] = [];

beforeAll(async () => {
  provider = await IdentityProvider.start();
  running = await startApp({ accessMode: "USERS", openId: provider.settings, warn: (message) => void warnings.push(message) });
  lenient = await startApp({ accessMode: "USERS", openId: { ...provider.settings, defaultRole: "VIEWER" } });
  provider.serve(running.address, lenient.address);
});
afterAll(async () => {
  expect(running.faults).toEqual([]);
  await running.close();
  await lenient.close();
  await provider.close();
});

const isCallback = ({ pathname }: URL) => pathname === "/access/callback";

/** Goes to the provider and signs in there, where someone does not know the browser yet. */
async function signIn(browser: CookieBrowser, subject: string, to = "", stop?: (url: URL) => boolean, at = running): Promise<Landing> {
  const query = to === "" ? "" : `?to=${encodeURIComponent(to)}`;
  const asked = await browser.go(`${at.address}/access/sign-in${query}`, {}, stop);
  if (!asked.url.pathname.startsWith("/login/")) return asked;
  return browser.go(asked.url, { method: "POST", body: new URLSearchParams({ account: subject }) }, stop);
}

/** A browser of an account that has signed in. */
async function browserOf(subject: string, account: Account): Promise<CookieBrowser> {
  provider.accounts.set(subject, account);
  const browser = new CookieBrowser();
  await signIn(browser, subject);
  return browser;
}

const cookiesOf = (browser: CookieBrowser) => browser.cookiesFor(new URL(running.address));
const ask = async (browser: CookieBrowser, query: string, variables = {}) =>
  new GraphqlClient(running.address).send(query, variables, { Cookie: cookiesOf(browser) });
const accessOf = async (browser: CookieBrowser) => (await ask(browser, ACCESS)).data.server.access;

/** An open socket of a browser's page; `closed` resolves with the code of its end. */
async function connect(browser: CookieBrowser): Promise<{ closed: Promise<number> }> {
  const headers = { Cookie: cookiesOf(browser), Origin: running.address };
  class Socket extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers });
    }
  }
  let close = (_code: number): void => undefined;
  const closed = new Promise<number>((resolve) => {
    close = resolve;
  });
  const client = createClient({
    url: `${running.address.replace("http", "ws")}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => undefined,
    on: { closed: (event) => close((event as { code: number }).code) },
  });
  await client.iterate({ query: ACCESS }).next();
  return { closed };
}

test.each([
  ["admin", "ADMIN"],
  ["artist", "ARTIST"],
  [["viewer", "artist", "something"], "ARTIST"],
  [["viewer"], "VIEWER"],
])("someone whose claim is %j becomes %s, for half a day", async (claim, role) => {
  const browser = await browserOf(`claim ${role}`, { name: "Kim", atelier_role: claim });
  const access = await accessOf(browser);
  expect(access).toMatchObject({ mode: "USERS", role, name: "Kim" });
  const hours = (new Date(access.expiresAt).getTime() - Date.now()) / 3600_000;
  expect(hours).toBeGreaterThan(11);
  expect(hours).toBeLessThanOrEqual(12);
});

test.each([undefined, "boss", "ADMIN", {}, ["x"]])("someone whose claim is %j is told that they have no role", async (claim) => {
  provider.accounts.set("nobody", { name: "Kim", atelier_role: claim });
  const browser = new CookieBrowser();
  const { url } = await signIn(browser, "nobody");
  expect(url.pathname + url.search).toBe("/?refused=NO_ROLE");
  expect((await accessOf(browser)).role).toBeNull();
});

test("a server may have a role for those without one", async () => {
  const roleOf = async (subject: string, claim: unknown) => {
    provider.accounts.set(subject, { atelier_role: claim });
    const browser = new CookieBrowser();
    await signIn(browser, subject, "", undefined, lenient);
    const client = new GraphqlClient(lenient.address);
    return (await client.send(ACCESS, {}, { Cookie: cookiesOf(browser) })).data.server.access.role;
  };
  expect([await roleOf("plain", undefined), await roleOf("artist", "artist")]).toEqual(["VIEWER", "ARTIST"]);
});

test("behind a proxy, the provider sends people back to the address that browsers show", async () => {
  const publicUrl = new URL("https://atelier.example");
  const own = await startApp({ accessMode: "USERS", openId: provider.settings, publicUrl });
  const response = await fetch(`${own.address}/access/sign-in`, { redirect: "manual" });
  const { searchParams } = new URL(response.headers.get("Location") ?? "");
  expect(searchParams.get("redirect_uri")).toBe("https://atelier.example/access/callback");
  expect(searchParams.get("code_challenge_method")).toBe("S256");
  expect(response.headers.get("Set-Cookie")).toMatch(
    /^__Host-atelier_sign_in=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
  );
  await own.close();
});

test("without accounts there is no way to sign in", async () => {
  const own = await startApp({ accessMode: "LINK", openId: provider.settings });
  const { status, headers } = await fetch(`${own.address}/access/sign-in`, { redirect: "manual" });
  expect(status).toBeGreaterThanOrEqual(400);
  expect([headers.get("Location"), headers.get("Set-Cookie")]).toEqual([null, null]);
  await own.close();
});

test("someone whose role was taken away has access on no device once they sign in again", async () => {
  const before = await browserOf("demoted", { atelier_role: "admin" });
  const { closed } = await connect(before);
  const after = await browserOf("demoted", {});
  expect(await closed).toBe(4403);
  expect([(await accessOf(before)).role, (await accessOf(after)).role]).toEqual([null, null]);
});

test("a role that changed counts on every device, and their sockets connect again", async () => {
  const before = await browserOf("promoted", { atelier_role: "viewer" });
  const { closed } = await connect(before);
  await browserOf("promoted", { atelier_role: "artist" });
  expect(await closed).toBe(4403);
  expect((await accessOf(before)).role).toBe("ARTIST");
});

test("two devices of one account are one owner, and another account is somebody else", async () => {
  const [one, two] = [await browserOf("both", { atelier_role: "artist" }), await browserOf("both", { atelier_role: "artist" })];
  const other = await browserOf("other", { atelier_role: "artist" });
  expect(cookiesOf(one)).not.toBe(cookiesOf(two));
  const body = new Blob([new Uint8Array((await pngPicture(20, 20, 5)).bytes)]);
  const response = await fetch(`${running.address}/images`, { method: "POST", headers: { Cookie: cookiesOf(one) }, body });
  const { id } = (await response.json()) as { id: string };
  const find = async (browser: CookieBrowser) => (await ask(browser, "query ($id: ID!) { image(id: $id) { id } }", { id })).data.image;
  expect([await find(one), await find(two), await find(other)]).toEqual([{ id }, { id }, null]);
});

test("signing in leads back to the page where it began, with a cookie that is new", async () => {
  provider.accounts.set("returns", { atelier_role: "viewer" });
  const browser = new CookieBrowser();
  const first = await signIn(browser, "returns", "/s?id=1#step");
  expect(first.url.href).toBe(`${running.address}/s?id=1#step`);
  const cookie = cookiesOf(browser);
  // The provider still knows this browser and asks nothing.
  await signIn(browser, "somebody else");
  expect(cookiesOf(browser)).not.toBe(cookie);
  expect((await accessOf(browser)).role).toBe("VIEWER");
  // The one before opens nothing any more.
  expect((await new GraphqlClient(running.address).send(ACCESS, {}, { Cookie: cookie })).data.server.access.role).toBeNull();
});

test("a cookie that somebody planted never becomes the user's (session fixation)", async () => {
  const { secret } = await running.app.links.create({ name: "x", ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role: "VIEWER" });
  const attacker = new CookieBrowser();
  const body = JSON.stringify({ secret });
  await attacker.go(`${running.address}/access`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const planted = cookiesOf(attacker);
  provider.accounts.set("victim", { name: "Victim", atelier_role: "admin" });
  const victim = new CookieBrowser();
  Object.assign(victim, {
    jars: new Map([["127.0.0.1", new Map([["atelier", { value: planted.split("=")[1], path: "/", isStrict: true }]])]]),
  });
  await signIn(victim, "victim");
  expect((await accessOf(victim)).name).toBe("Victim");
  expect((await accessOf(attacker)).role).toBeNull();
});

test.each([
  "https://evil.example",
  "//evil.example",
  "/\\evil.example",
  "/.//evil.example",
  "\t//evil.example",
  "evil",
  "/".padEnd(1001, "x"),
])("a way back to elsewhere is refused: %j", async (to) => {
  const response = await fetch(`${running.address}/access/sign-in?to=${encodeURIComponent(to)}`, { redirect: "manual" });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "BAD_INPUT", field: "to" });
});

test("no page of another site begins a sign-in (login CSRF)", async () => {
  const ask = (site: string) =>
    fetch(`${running.address}/access/sign-in?to=%2Fgallery`, { redirect: "manual", headers: { "Sec-Fetch-Site": site } });
  for (const site of ["cross-site", "same-site"]) {
    const { status, headers } = await ask(site);
    // The page that they wanted has the button by which they sign in themselves.
    expect([status, headers.get("Location"), headers.get("Set-Cookie")]).toEqual([303, "/gallery", null]);
  }
  for (const site of ["same-origin", "none"]) {
    const { headers } = await ask(site);
    expect(new URL(headers.get("Location") ?? "").origin).toBe(provider.settings.issuer.origin);
    expect(headers.get("Set-Cookie")).toContain("atelier_sign_in=");
  }
});

test("an answer counts once, in the browser that asked, with the state that it was given", async () => {
  provider.accounts.set("careful", { atelier_role: "artist" });
  const browser = new CookieBrowser();
  const { url } = await signIn(browser, "careful", "/gallery", isCallback);
  expect(isCallback(url)).toBe(true);
  const attempt = browser.cookiesFor(url, true);
  const refused = async (address: URL, cookie: string) => {
    const response = await fetch(address, { headers: { Cookie: cookie }, redirect: "manual" });
    expect(response.headers.getSetCookie().some((header) => header.startsWith("atelier="))).toBe(false);
    return response.headers.get("Location");
  };
  // Another browser, which somebody sent here (login CSRF).
  expect(await refused(url, "")).toBe("/?refused=UNAUTHENTICATED");
  expect(await refused(url, `atelier_sign_in=${"A".repeat(200)}`)).toBe("/?refused=UNAUTHENTICATED");
  const wrong = new URL(url);
  wrong.searchParams.set("state", "another");
  expect(await refused(wrong, attempt)).toBe("/?refused=UNAUTHENTICATED");
  expect(await refused(new URL("/access/callback", url), attempt)).toBe("/?refused=UNAUTHENTICATED");
  const { url: page } = await browser.go(url, {}, ({ pathname }) => pathname === "/gallery");
  expect(page.pathname).toBe("/gallery");
  expect((await accessOf(browser)).role).toBe("ARTIST");
  expect(await refused(url, attempt)).toBe("/?refused=UNAUTHENTICATED");
});

test("an attempt lets someone in once, also with another answer of the provider", async () => {
  provider.accounts.set("again", { atelier_role: "artist" });
  const browser = new CookieBrowser();
  const { url: question } = await browser.go(`${running.address}/access/sign-in`, {}, ({ pathname }) => pathname === "/auth");
  const attempt = browser.cookiesFor(new URL("/access/callback", running.address), true);
  const login = await browser.go(question);
  const { url: answer } = await browser.go(login.url, { method: "POST", body: new URLSearchParams({ account: "again" }) }, isCallback);
  const send = async (address: URL) => (await fetch(address, { headers: { Cookie: attempt }, redirect: "manual" })).headers.get("Location");
  expect(await send(answer)).toBe("/");
  // The provider knows the browser and answers the same question again.
  const { url: another } = await browser.go(question, {}, isCallback);
  expect(another.searchParams.get("code")).not.toBe(answer.searchParams.get("code"));
  expect(await send(another)).toBe("/?refused=UNAUTHENTICATED");
});

test("someone who refuses at the provider is not let in, and does not fill the log", async () => {
  const browser = new CookieBrowser();
  for (let time = 0; time < 3; time++) {
    const { url } = await browser.go(`${running.address}/access/sign-in`, {}, ({ pathname }) => pathname === "/auth");
    const answer = new URL(`${running.address}/access/callback?error=access_denied&error_description=no%0Athanks`);
    answer.searchParams.set("state", url.searchParams.get("state") ?? "");
    answer.searchParams.set("iss", provider.issuer.origin);
    const landing = await browser.go(answer);
    expect(landing.url.search).toBe("?refused=UNAUTHENTICATED");
  }
  expect(warnings).toEqual([expect.stringMatching(/^Someone could not sign in at http:\/\/localhost:\d+\/: .*access_denied; no thanks$/)]);
});

test("an attempt ends after ten minutes, and a sign-in after half a day", async () => {
  const browser = await browserOf("late", { atelier_role: "artist" });
  const late = new CookieBrowser();
  const { url } = await signIn(late, "late", "", isCallback);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
  try {
    expect((await late.go(url)).url.search).toBe("?refused=UNAUTHENTICATED");
    expect((await accessOf(browser)).role).toBe("ARTIST");
    vi.setSystemTime(Date.now() + 12 * 3600_000);
    expect((await accessOf(browser)).role).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});

test("an admin lists users and ends the access of one, which closes their sockets on every device", async () => {
  const devices = [
    await browserOf("ended", { name: "Lee", atelier_role: "artist" }),
    await browserOf("ended", { name: "Lee", atelier_role: "artist" }),
  ];
  const kept = await browserOf("kept", { atelier_role: "artist" });
  const admin = await browserOf("boss", { atelier_role: "admin" });
  const sockets = await Promise.all(devices.map((device) => connect(device)));
  const { users } = (await ask(admin, "{ users(first: 100) { id name role lastSignInAt accessEndedAt } }")).data;
  const lee = users.find(({ name }: { name: string }) => name === "Lee");
  expect(lee).toMatchObject({ role: "ARTIST", accessEndedAt: null });
  expect((await ask(admin, "{ users(first: 1, skip: 1) { id } }")).data.users).toEqual([{ id: users[1].id }]);
  const SET = "mutation ($id: ID!, $allowed: Boolean!) { setUserAccess(id: $id, allowed: $allowed) { accessEndedAt } }";
  const ended = await ask(admin, SET, { id: lee.id, allowed: false });
  expect(ended.data.setUserAccess.accessEndedAt).not.toBeNull();
  expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4403, 4403]);
  for (const device of devices) expect((await accessOf(device)).role).toBeNull();
  expect((await accessOf(kept)).role).toBe("ARTIST");
  expect((await signIn(devices[0]!, "ended")).url.search).toBe("?refused=FORBIDDEN");
  await ask(admin, SET, { id: lee.id, allowed: true });
  await signIn(devices[0]!, "ended");
  expect((await accessOf(devices[0]!)).role).toBe("ARTIST");
  // What was ended stays ended.
  expect((await accessOf(devices[1]!)).role).toBeNull();
  const missing = await ask(admin, SET, { id: "nobody", allowed: false });
  expect(missing.errors?.[0]?.extensions.code).toBe("NOT_FOUND");
});

test("whoever signs out is a stranger in this browser alone", async () => {
  const [one, two] = [await browserOf("leaves", { atelier_role: "artist" }), await browserOf("leaves", { atelier_role: "artist" })];
  const { closed } = await connect(one);
  await eventually(async () => expect((await accessOf(one)).role).toBe("ARTIST"));
  await one.go(`${running.address}/access`, { method: "DELETE" });
  expect(await closed).toBe(4403);
  expect([(await accessOf(one)).role, (await accessOf(two)).role]).toEqual([null, "ARTIST"]);
});

test("signing out leads to the provider, which forgets the browser too and leads back", async () => {
  const browser = await browserOf("shared", { atelier_role: "artist" });
  const { response } = await browser.go(`${running.address}/access`, { method: "DELETE" });
  const { continueAt } = (await response.json()) as { continueAt: string };
  const asked = await browser.go(continueAt);
  expect(asked.url.origin).toBe(provider.issuer.origin);
  const [, xsrf = ""] = /name="xsrf" value="(\w+)"/.exec(await asked.response.text()) ?? [];
  const body = new URLSearchParams({ xsrf, logout: "yes" });
  const { url } = await browser.go(new URL("/session/end/confirm", asked.url), { method: "POST", body });
  expect(url.href).toBe(`${running.address}/`);
  // Whoever uses the browser next is asked who they are.
  expect((await browser.go(`${running.address}/access/sign-in`)).url.pathname).toMatch(/^\/login\//);
  // Who came by a link has nowhere else to sign out.
  const { secret } = await running.app.links.create({ name: "x", ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role: "VIEWER" });
  const headers = { "Content-Type": "application/json" };
  await browser.go(`${running.address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) });
  expect((await browser.go(`${running.address}/access`, { method: "DELETE" })).response.status).toBe(204);
});

test("a link that a user opens adds rights and takes none away", async () => {
  const browser = await browserOf("linked", { name: "Kim", atelier_role: "artist" });
  const open = async (role: "VIEWER" | "ADMIN") => {
    const { link, secret } = await running.app.links.create({ name: role, ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role });
    const headers = { "Content-Type": "application/json" };
    await browser.go(`${running.address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) });
    return link;
  };
  await open("VIEWER");
  expect(await accessOf(browser)).toMatchObject({ role: "ARTIST", name: "Kim" });
  const { id } = await open("ADMIN");
  expect(await accessOf(browser)).toMatchObject({ role: "ADMIN", name: "Kim" });
  await running.app.links.revoke(id);
  expect((await accessOf(browser)).role).toBe("ARTIST");
});

test("a provider that cannot be reached lets nobody in and is asked again", async () => {
  const away = await IdentityProvider.start();
  const own = await startApp({ accessMode: "USERS", openId: away.settings, warn: (message) => void warnings.push(message) });
  const { issuer } = away;
  await away.close();
  const { access } = own.storage;
  const [secret, lastSignInAt] = ["s".repeat(32), new Date()];
  const account = { issuer: issuer.href, subject: "Kim", name: "Kim", role: "ARTIST" as const };
  const user = await access.saveUser({ id: "kim", ...account, lastSignInAt, accessEndedAt: null });
  const signIn = { user: user.id, until: new Date(Date.now() + 3600_000) };
  await access.addVisitor({ id: "visitor", createdAt: lastSignInAt }, hashSecret(secret), signIn);
  const landing = () => new CookieBrowser().go(`${own.address}/access/sign-in`);
  for (let time = 0; time < 2; time++) expect((await landing()).url.search).toBe("?refused=UNAVAILABLE");
  expect(warnings.at(-1)).toContain(`The identity provider ${issuer.href} cannot be used`);
  // Signing out here does not need it.
  const signedOut = await fetch(`${own.address}/access`, { method: "DELETE", headers: { Cookie: `atelier=${secret}` } });
  expect([signedOut.status, await access.visitorOf(hashSecret(secret))]).toEqual([204, null]);
  await own.close();
});

test("an attempt that began at one server ends at another of the same database, once", async () => {
  const other = await startApp({ accessMode: "USERS", openId: provider.settings, beside: running });
  try {
    provider.accounts.set("between", { name: "Between", atelier_role: "viewer" });
    const browser = new CookieBrowser();
    const { url } = await signIn(browser, "between", "", isCallback);
    const cookie = browser.cookiesFor(url);
    const end = () => fetch(`${other.address}${url.pathname}${url.search}`, { redirect: "manual", headers: { Cookie: cookie } });
    const first = await end();
    expect(first.headers.getSetCookie().some((set) => /^atelier=[\w-]{32}/.test(set))).toBe(true);
    const replay = await fetch(url, { redirect: "manual", headers: { Cookie: cookie } });
    expect(replay.headers.getSetCookie().some((set) => /^atelier=[\w-]{32}/.test(set))).toBe(false);
  } finally {
    await other.close();
  }
});
