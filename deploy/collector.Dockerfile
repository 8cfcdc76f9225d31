# The collector's own image contains only its binary: no program that could check its health, and no folder that its user
# may write to, so a volume for the queue would belong to root.
FROM busybox:1.37.0-musl AS tools
RUN mkdir -p /out/otelcol

FROM otel/opentelemetry-collector-contrib:0.159.0
COPY --from=tools --chown=10001:10001 /out/ /var/lib/
COPY --from=tools /bin/busybox /bin/wget
