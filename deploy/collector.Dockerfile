# The collector's own image contains only its binary: no program that could check its health, and no folder that its user
# may write to, so a volume for the queue would belong to root.
FROM busybox:1.37.0-musl AS tools
RUN mkdir -p /out/otelcol

FROM otel/opentelemetry-collector-contrib:0.159.0
COPY --from=tools --chown=10001:10001 /out/ /var/lib/
COPY --from=tools /bin/busybox /bin/wget
# They replace those of the image it starts from, which is not the same any more.
LABEL org.opencontainers.image.title=mcpspan-collector \
      org.opencontainers.image.description="OpenTelemetry Collector with a health check and a folder for its queue" \
      org.opencontainers.image.version=0.1.0 \
      org.opencontainers.image.revision= \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.source=https://github.com/mcpspan/mcpspan \
      org.opencontainers.image.documentation=https://github.com/mcpspan/mcpspan/blob/main/docs/docker.md
