# Two images:
#
#   docker build --target sidecar -t swiftformations-sidecar:0.1.0 .
#   docker build --target envoy -t swiftformations-envoy:0.1.0-envoy1.36.4 .
#
# The second is Envoy's image (or another one of Envoy: ENVOY_IMAGE) with the dynamic module in it. Both run as user
# 10101, with a read-only root file system, and need no shell. deploy/images/prove.sh builds and runs them without Docker.
ARG SWIFT_VERSION=6.3.1
# libc loads libgcc_s when a thread ends; distroless has it from here on.
ARG SIDECAR_IMAGE=gcr.io/distroless/cc-debian12
ARG ENVOY_VERSION=1.36.4
ARG ENVOY_IMAGE=docker.io/envoyproxy/envoy:distroless-v${ENVOY_VERSION}

# ---- The sidecar's binary. Debian 12, as its image's base.
FROM docker.io/library/swift:${SWIFT_VERSION}-bookworm AS sidecar-build
WORKDIR /source
COPY deploy/install-dependencies.sh deploy/run-step.sh deploy/
RUN deploy/install-dependencies.sh build
COPY Package.swift Package.resolve[d] Makefile ./
COPY Tests Tests
COPY Sources Sources
COPY deploy/link.sh deploy/link.sh
COPY deploy/sidecar deploy/sidecar
RUN make sidecar && install -d /image/run/swiftformations

# ---- The module. Ubuntu 22.04: the oldest glibc of the images that Envoy comes in.
FROM docker.io/library/swift:${SWIFT_VERSION}-jammy AS module-build
WORKDIR /source
COPY deploy/install-dependencies.sh deploy/run-step.sh deploy/
RUN deploy/install-dependencies.sh build
COPY Package.swift Package.resolve[d] Makefile ./
COPY Tests Tests
COPY Sources Sources
COPY deploy/link.sh deploy/link.sh
COPY deploy/module deploy/module
RUN make module

# ---- Envoy with the module.
FROM ${ENVOY_IMAGE} AS envoy
ARG VERSION=0.1.0
# In the place of another module, for a control plane that has a name for it: MODULE_NAME=rust_module is kgateway's.
ARG MODULE_NAME=swiftformations
LABEL org.opencontainers.image.title="swiftformations-envoy" \
      org.opencontainers.image.description="Envoy with swiftformations as a dynamic module" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=module-build /source/.build/module/libswiftformations.so /usr/local/lib/lib${MODULE_NAME}.so
ENV ENVOY_DYNAMIC_MODULES_SEARCH_PATH=/usr/local/lib
STOPSIGNAL SIGTERM
USER 10101:10101
# The entry point is the base's: Envoy. Its health is /ready of its admin interface, at the address that its
# configuration gives it; there is no program here to ask it.

# ---- The sidecar. Last, so that it is what `docker build .` makes.
FROM ${SIDECAR_IMAGE} AS sidecar
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="swiftformations-sidecar" \
      org.opencontainers.image.description="Transforms HTTP requests and responses that pass through Envoy" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=sidecar-build /source/.build/sidecar/swiftformations /usr/local/bin/swiftformations
COPY --from=sidecar-build --chown=10101:10101 /image/run/swiftformations /run/swiftformations
# The socket's folder, shared with Envoy's container; what stays writable of a read-only root file system.
VOLUME /run/swiftformations
STOPSIGNAL SIGTERM
USER 10101:10101
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["/usr/local/bin/swiftformations", "healthcheck", "--connect", "unix:/run/swiftformations/ext-proc.sock"]
ENTRYPOINT ["/usr/local/bin/swiftformations"]
CMD ["serve", "--config", "/etc/swiftformations/transformations.yaml", "--listen", "unix:/run/swiftformations/ext-proc.sock"]
