import { access, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import compression from "compression";
import express, { type RequestHandler, type Response, Router } from "express";

const MISSING_PAGE = "404.html";
/** Content-Security-Policy of each page by its file; scripts/content-security-policy.mjs writes it when the studio is built. */
const POLICIES = "policies.json";
const safety = { "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin" };

/**
 * The exported studio in `folder`: `/s/<id>` is the page of one session, whatever its id. Who wants a page that there is
 * not gets the studio's page for that, with 404. Without a built studio its pages answer 503, and the API goes on.
 */
export function studio(folder: string): Router {
  const built = join(folder, `${sep}_next${sep}static${sep}`);
  const files = express.static(folder, {
    redirect: false,
    setHeaders(response, path) {
      // Next names these files after what is in them; pages change with every build.
      response.setHeader("Cache-Control", path.startsWith(built) ? "public, max-age=31536000, immutable" : "no-cache");
      for (const [name, value] of Object.entries(safety)) response.setHeader(name, value);
    },
  });

  // A page `/s` is the file s.html, beside a folder s/ with what it loads later: only names without a dot are pages.
  const page: RequestHandler = (request, _response, next) => {
    const path = request.path.replace(/\/$/, "");
    const name = /^\/s\/[^/.]+$/.test(path) ? "/s" : path;
    if (name !== "" && !name.includes(".")) request.url = `${name}.html`;
    next();
  };

  const protect: RequestHandler = async (request, response, next) => {
    const name = request.path === "/" ? "index.html" : request.path.slice(1);
    if (name.endsWith(".html")) await setPolicy(response, folder, name);
    next();
  };

  const explainMissing: RequestHandler = async (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    if (await isThere(join(folder, "index.html"))) {
      // Programs that take anything get JSON, as from the rest of the server.
      if (request.accepts("json", "html") !== "html" || !(await isThere(join(folder, MISSING_PAGE)))) return next();
      await setPolicy(response, folder, MISSING_PAGE);
      response
        .status(404)
        .vary("Accept")
        .set({ ...safety, "Cache-Control": "no-cache" })
        .sendFile(MISSING_PAGE, { root: folder });
      return;
    }
    if (!request.accepts("html")) return next();
    response.status(503).type("text/plain").send("The studio is not built yet. Run: npm run build\n");
  };

  const router = Router();
  // For phones on the same network; frames and answers of the API never pass here.
  router.use(compression());
  router.use(page);
  router.use(protect);
  router.use(files);
  router.use(explainMissing);
  return router;
}

/** Read for every page, so that a studio that is built anew is served with its own policies; it has a few kB. */
async function setPolicy(response: Response, folder: string, page: string): Promise<void> {
  const text = await readFile(join(folder, POLICIES), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  const policies: Record<string, string> = JSON.parse(text);
  const policy = policies[page];
  if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
