import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The studio is exported as static files, which the art server serves. @type {import("next").NextConfig} */
const config = {
  output: "export",
  images: { unoptimized: true },
  turbopack: { root },
  outputFileTracingRoot: root,
  allowedDevOrigins: ["127.0.0.1"],
  reactStrictMode: true,
  // `npm run check` checks the types; the first start of a fresh clone need not wait for it.
  typescript: { ignoreBuildErrors: true },
};

export default config;
