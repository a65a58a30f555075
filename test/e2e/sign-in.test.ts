import { afterAll, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { IdentityProvider } from "../helpers/identity-provider.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";

let provider: IdentityProvider;
beforeAll(async () => {
  provider = await IdentityProvider.start();
});
afterAll(() => provider.close());

function variables(): Record<string, string> {
  const { issuer, clientSecret } = provider.settings;
  return { ATELIER_ACCESS: "users", ATELIER_OIDC_ISSUER: issuer.href, ATELIER_OIDC_CLIENT_SECRET: clientSecret };
}

describeStudio("a server with accounts, in browsers", { variables }, (studio) => {
  beforeAll(() => {
    provider.serve(studio.server.address);
    provider.accounts.set("ada", { name: "Ada", atelier_role: "admin" });
    provider.accounts.set("lee", { name: "Lee", atelier_role: ["viewer", "artist"] });
  });

  /** Signs in from the gate of the page that the browser is at. */
  async function signIn(account: string) {
    const { page, complaints } = await studio.open({ width: 390, height: 844 });
    await page.goto("/models");
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByRole("textbox", { name: "Account" }).fill(account);
    // The page of a stranger asks for what they may not see, until it knows that.
    complaints.splice(0);
    await page.getByRole("button", { name: "Go" }).click();
    return { page, complaints };
  }

  test("a team: people sign in from the page that they opened, and an admin ends the access of one", async () => {
    // Nobody has the role of an admin yet, as far as the server knows.
    expect(studio.server.process.output).toContain("Open this link to become its admin");
    const { page: stranger } = await studio.open({ width: 360, height: 780 });
    await stranger.goto("/");
    await stranger.getByRole("heading", { name: "This server is private" }).waitFor();
    expect(await overflow(stranger)).toBe(0);
    expect(await seriousFindings(stranger)).toEqual([]);
    await screenshot(stranger, "sign-in-phone");

    const lee = await signIn("lee");
    await lee.page.getByText("Lee · May paint").waitFor();
    expect(new URL(lee.page.url()).pathname).toBe("/models");
    const nobody = await signIn("nobody");
    await nobody.page.getByText("Your account has no role on this server.", { exact: false }).waitFor();

    // A painting that is not shown to strangers may be shown to whoever the address was sent to.
    await stranger.goto("/s?id=somebodys-painting#note");
    await stranger.getByRole("link", { name: "Sign in" }).click();
    await stranger.getByRole("textbox", { name: "Account" }).fill("lee");
    await stranger.getByRole("button", { name: "Go" }).click();
    await stranger.getByText("Lee · May paint").waitFor();
    expect(stranger.url()).toBe(`${studio.server.address}/s?id=somebodys-painting#note`);

    const { page, complaints } = await signIn("ada");
    await page.getByRole("link", { name: "Ada · Admin" }).click();
    await page.getByRole("button", { name: "End access of Lee" }).waitFor();
    expect(await overflow(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "access-users-phone", true);

    await page.getByRole("textbox", { name: "Program" }).fill("Nightly film");
    await page.getByRole("button", { name: "Make the token" }).click();
    const secret = await page.getByRole("textbox", { name: "Token" }).inputValue();
    const ACCESS = "{ server { access { role name } } }";
    const program = new GraphqlClient(studio.server.address, secret);
    expect((await program.query(ACCESS)).server.access).toEqual({ role: "ARTIST", name: "Nightly film" });
    await page.getByRole("button", { name: "Revoke Nightly film" }).click();
    await page
      .getByRole("listitem")
      .filter({ hasText: /^Nightly film.*Revoked/ })
      .waitFor();
    expect((await program.send(ACCESS)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");

    await page.getByRole("button", { name: "End access of Lee" }).click();
    await page.getByRole("button", { name: "Let in again: Lee" }).waitFor();
    await lee.page.goto("/gallery");
    await lee.page.getByRole("link", { name: "Sign in" }).click();
    await lee.page.getByText("An admin of this server ended your access.").waitFor();
    expect(complaints).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Leave" }).click();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
  });
});
