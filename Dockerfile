# syntax=docker/dockerfile:1
# Images of Atelier, for amd64 and arm64. docs/operate.md says how they are used, and what was tried.
ARG NODE=node:20-bookworm-slim

# Packages of the build, and the built server and studio.
FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY tsconfig.json schema.graphql ./
COPY scripts scripts
COPY server server
COPY web web
RUN npm run build

# Packages of the running server alone.
FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

# The libraries of CUDA beside ONNX Runtime: amd64 only, 2.4 GB.
FROM build AS cuda-libraries
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
RUN python3 -m pip install --no-cache-dir --target /tmp/cuda "onnxruntime-gpu[cuda,cudnn]==1.30.0" \
  && npm run cuda -- --place-only /tmp/cuda \
  && rm -rf /tmp/cuda

# What both images run. WebGPU reaches a graphics processor through Vulkan, and ffmpeg makes films as MP4 and WebM.
FROM ${NODE} AS runtime
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg libvulkan1 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json LICENSE NOTICE ./
COPY models/bundled models/bundled
COPY scripts/health.mjs scripts/health.mjs
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/web/out web/out
# New volumes take over the owner of these folders.
RUN mkdir /data /shared && chown node:node /data /shared
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 ATELIER_ACCESS=link ATELIER_ROLE=all ATELIER_DATA=/data
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "scripts/health.mjs"]
CMD ["node", "--enable-source-maps", "dist/server/main.js"]

FROM runtime AS cuda
COPY --from=cuda-libraries /app/node_modules/onnxruntime-node/bin node_modules/onnxruntime-node/bin

# The last stage is the one that is built by default.
FROM runtime AS cpu
