interface Cookie {
  value: string;
  path: string;
  isStrict: boolean;
}

/** A response, and the address from which it came after all redirects. */
export interface Landing {
  response: Response;
  url: URL;
}

/** A browser without pages: it follows redirects, and keeps and sends cookies as browsers do. */
export class CookieBrowser {
  private readonly jars = new Map<string, Map<string, Cookie>>();

  /** The Cookie header for a request; one that another site sent the browser on carries no strict cookies. */
  cookiesFor(url: URL, fromElsewhere = false): string {
    const jar = [...(this.jars.get(url.hostname) ?? [])];
    const sent = jar.filter(([, { path, isStrict }]) => url.pathname.startsWith(path) && !(isStrict && fromElsewhere));
    return sent.map(([name, { value }]) => `${name}=${value}`).join("; ");
  }

  /** Goes to an address, and on until `stop` says of a redirect's target that it is far enough. */
  async go(address: string | URL, init: RequestInit = {}, stop: (url: URL) => boolean = () => false): Promise<Landing> {
    let url: URL = new URL(address);
    let options: RequestInit = init;
    let fromElsewhere = false;
    for (;;) {
      const headers = { ...options.headers, Cookie: this.cookiesFor(url, fromElsewhere) };
      const response: Response = await fetch(url, { ...options, headers, redirect: "manual" });
      for (const header of response.headers.getSetCookie()) this.keep(url, header);
      const location = response.headers.get("Location");
      if (location === null) return { response, url };
      await response.body?.cancel();
      const next = new URL(location, url);
      fromElsewhere ||= next.hostname !== url.hostname;
      if (stop(next)) return { response, url: next };
      [url, options] = [next, {}];
    }
  }

  private keep({ hostname }: URL, header: string): void {
    const [pair = "", ...attributes] = header.split(/; */);
    const [name = "", value = ""] = pair.split(/=(.*)/);
    const attribute = (key: string) => attributes.find((one) => one.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
    const jar = this.jars.get(hostname) ?? new Map<string, Cookie>();
    this.jars.set(hostname, jar);
    const isOver = attribute("max-age") === "0" || (attribute("expires") && new Date(attribute("expires") ?? 0) < new Date());
    if (isOver) jar.delete(name);
    else jar.set(name, { value, path: attribute("path") ?? "/", isStrict: attribute("samesite")?.toLowerCase() === "strict" });
  }
}
