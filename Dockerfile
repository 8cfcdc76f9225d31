# mcpspan as an image: docker build -t mcpspan . && docker run -p 127.0.0.1:4100:4100 mcpspan --upstream http://…/mcp
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: the only one would download a second Node.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.ts scripts/bill-of-materials.ts scripts/build-commit.ts scripts/third-party-licences.ts scripts/
COPY src src
# The commit, which .git would tell elsewhere: mcpspan --version shows it.
ARG REVISION=
RUN node scripts/build.ts

FROM ${NODE_IMAGE}
# The kernel gives process 1 no default signal handling and all orphans: tini is process 1, passes signals on and reaps.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# For `--spool /var/lib/mcpspan/spool` on a volume, which takes its owner from here.
RUN install -d -o 1000 -g 1000 -m 0700 /var/lib/mcpspan

# What differs from the defaults elsewhere. Give it at least drain delay + drain seconds + 5 s to stop:
# docker stop --timeout 40, stop_grace_period, terminationGracePeriodSeconds.
ENV NODE_ENV=production \
    MCPSPAN_LISTEN=0.0.0.0:4100 \
    MCPSPAN_HEALTH=0.0.0.0:4102 \
    MCPSPAN_PAGE=off \
    MCPSPAN_STORE=off \
    MCPSPAN_DRAIN_DELAY=5 \
    MCPSPAN_DRAIN_SECONDS=25

# By number, so that Kubernetes can tell that it is not root; it is the image's user `node`.
USER 1000:1000
EXPOSE 4100 4102
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 \
    CMD ["node", "-e", "const a = process.env.MCPSPAN_HEALTH; if (a !== 'off') fetch(`http://127.0.0.1:${a.split(':').pop()}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/mcpspan.cjs"]
