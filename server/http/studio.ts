import { access, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import compression from "compression";
import express, { type RequestHandler, type Response, Router } from "express";

const MISSING_PAGE = "404.html";
/**
 * Content-Security-Policy of each page, by file name. scripts/content-security-policy.mjs writes it when the studio is
 * built.
 */
const POLICIES = "policies.json";

/**
 * The exported studio in `folder`. `/s/<id>` is the page of one session, whatever its id, and `/live/out/<name>` that of
 * one output. A browser that asks for a
 * missing page gets the studio's own page for that, with status 404. While the studio is not built, its pages answer
 * 503 and the API still works.
 */
export function studio(folder: string): Router {
  const hashedFiles = join(folder, `${sep}_next${sep}static${sep}`);
  const files = express.static(folder, {
    redirect: false,
    setHeaders(response, path) {
      // Next names these files after their content; pages change with every build.
      response.setHeader("Cache-Control", path.startsWith(hashedFiles) ? "public, max-age=31536000, immutable" : "no-cache");
      if (path.endsWith(".html")) response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
      // A worker would follow the policy of its script, and not that of the page which starts it.
      else response.removeHeader("Content-Security-Policy");
    },
  });

  // The page `/s` is the file s.html; the folder s/ beside it holds what the page loads later. Only names without a dot
  // are pages.
  const page: RequestHandler = (request, _response, next) => {
    const path = request.path.replace(/\/$/, "");
    const name = path.replace(/^\/(s|live\/out)\/[^/.]+$/, "/$1");
    if (name !== "" && !name.includes(".")) request.url = `${name}.html`;
    // Browsers ask for it where a page names no icon, as while Next exchanges the head of a page.
    else if (name === "/favicon.ico") request.url = "/icon.svg";
    next();
  };

  const protect: RequestHandler = async (request, response, next) => {
    const name = request.path === "/" ? "index.html" : request.path.slice(1);
    if (name.endsWith(".html")) await setPolicy(response, folder, name);
    next();
  };

  const explainMissing: RequestHandler = async (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    if (await exists(join(folder, "index.html"))) {
      // Programs that accept anything get JSON, as from the rest of the server.
      if (request.accepts("json", "html") !== "html" || !(await exists(join(folder, MISSING_PAGE)))) return next();
      await setPolicy(response, folder, MISSING_PAGE);
      response
        .status(404)
        .vary("Accept")
        .set({ "Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "same-origin" })
        .sendFile(MISSING_PAGE, { root: folder });
      return;
    }
    if (!request.accepts("html")) return next();
    response.status(503).type("text/plain").send("The studio is not built yet. Run: npm run build\n");
  };

  const router = Router();
  // Frames and responses of the API never pass through here.
  router.use(compression());
  router.use(page);
  router.use(protect);
  router.use(files);
  router.use(explainMissing);
  return router;
}

/**
 * Sets the policy of a page. Its file (a few kB) is read for every page, so that a rebuilt studio gets its own
 * policies.
 */
async function setPolicy(response: Response, folder: string, page: string): Promise<void> {
  const text = await readFile(join(folder, POLICIES), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  const policies: Record<string, string> = JSON.parse(text);
  const policy = policies[page];
  if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
