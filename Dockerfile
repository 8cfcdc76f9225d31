# mcpspan as an image: docker build -t mcpspan . && docker run -p 127.0.0.1:4100:4100 mcpspan --allow-host localhost \
#   --upstream http://…/mcp
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
# For `--spool /var/lib/mcpspan/spool` on a volume, which takes its owner and mode from here. Group 0: a user without a name,
# as OpenShift chooses one, is in it.
RUN install -d -o 1000 -g 0 -m 0770 /var/lib/mcpspan

# The commit: docker build --build-arg REVISION=$(git rev-parse HEAD) …
ARG REVISION=
LABEL org.opencontainers.image.title=mcpspan \
      org.opencontainers.image.description="OpenTelemetry-native proxy for MCP servers" \
      org.opencontainers.image.version=0.1.0 \
      org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.source=https://github.com/mcpspan/mcpspan \
      org.opencontainers.image.documentation=https://github.com/mcpspan/mcpspan/blob/main/docs/docker.md

# What differs from the defaults elsewhere. Give it at least drain delay + drain seconds + 5 s to stop:
# docker stop --timeout 40, stop_grace_period, terminationGracePeriodSeconds.
# The health file tells the health check of flags. /dev/shm can be written to in a read-only container, too.
ENV NODE_ENV=production \
    MCPSPAN_LISTEN=0.0.0.0:4100 \
    MCPSPAN_HEALTH=0.0.0.0:4102 \
    MCPSPAN_HEALTH_FILE=/dev/shm/mcpspan-health \
    MCPSPAN_PAGE=off \
    MCPSPAN_STORE=off \
    MCPSPAN_DRAIN_DELAY=5 \
    MCPSPAN_DRAIN_SECONDS=25

# By number, so that Kubernetes can tell that it is not root; it is the image's user `node`.
USER 1000:1000
EXPOSE 4100 4102
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 \
    CMD ["node", "/app/dist/mcpspan.cjs", "healthcheck"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/mcpspan.cjs"]
